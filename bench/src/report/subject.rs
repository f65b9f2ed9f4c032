//! Who is measured: the real server, with users in its database and one of them signed in.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::request::Request;
use crate::Error;
use crate::connection::Connection;
use crate::priority::on_core;
use crate::server::{Home, Process};
use crate::users::{self, SignedIn};

/// Users whom the rows are about. There may be many more in the database.
const RETURNING: u64 = 10_000;
/// Connections that mint what is redeemed.
const MINTING: u64 = 32;

/// A Countersign that nobody serves: a database with users in it, and an API key.
#[derive(Clone)]
pub(super) struct Installation {
    pub(super) home: Arc<Home>,
    /// An API key that mints and redeems.
    pub(super) key: String,
    /// Users whom the rows are about.
    pub(super) returning: u64,
}

/// A Countersign that answers.
pub(super) struct Subject {
    // Stopped before its folder is deleted.
    pub(super) process: Process,
    pub(super) installation: Installation,
    pub(super) signed_in: SignedIn,
}

impl Installation {
    /// With the embedded database. With another database it is another function of this type;
    /// the rows ask whichever there is.
    pub(super) fn embedded(binary: &Path, users: u64) -> Result<Self, Error> {
        let home = Home::new(binary, users::all(users)?)?;
        let create = ["key", "create", "--partner", "default"];
        let key = home.run(&[&create[..], &["--scopes", "mint,redeem"]].concat())?;
        // Longer than any run.
        home.run(&["partner", "set", "default", "session_life=1h"])?;
        Ok(Self {
            home: Arc::new(home),
            key,
            returning: users.min(RETURNING),
        })
    }

    /// The same once more.
    pub(super) fn copy(&self) -> Result<Self, Error> {
        Ok(Self {
            home: Arc::new(self.home.copy()?),
            ..self.clone()
        })
    }

    /// Serves it on this core, under another program where there is one, and signs the first
    /// user in.
    pub(super) fn serve(
        &self,
        before: &[&str],
        core: usize,
        runtime: &Runtime,
    ) -> Result<Subject, Error> {
        let process = on_core(core, || self.home.serve_under(before, &[]))?;
        let signed_in = runtime.block_on(users::sign_in(process.address))?;
        Ok(Subject {
            process,
            installation: self.clone(),
            signed_in,
        })
    }
}

impl Subject {
    /// Verifying the session.
    pub(super) fn verify(&self) -> Request {
        let request = Request::new("POST", "/v1/sessions/verify", 200);
        request.with(
            "authorization",
            format!("Bearer {}", self.signed_in.session),
        )
    }

    /// Minting a one-time token for one of the users.
    pub(super) fn mint(&self, user: u64) -> Request {
        let body = json!({ "email": users::address(user) });
        self.backend("/v1/auth/oneTimeToken", body)
    }

    /// Redeeming a one-time token.
    pub(super) fn redeem(&self, token: &str) -> Request {
        self.backend("/v1/one-time-tokens/redeem", json!({ "token": token }))
    }

    /// Exchanging the authentication for one more session.
    pub(super) fn exchange(&self) -> Request {
        let request = Request::new("POST", "/v1/sessions", 201);
        request.with(
            "authorization",
            format!("Basic {}", self.signed_in.authentication),
        )
    }

    fn backend(&self, path: &str, body: Value) -> Request {
        let request = Request::new("POST", path, 200);
        request
            .with("authorization", self.installation.key.as_str())
            .json(body.to_string())
    }

    /// So many bodies that redeem, each of a one-time token of its own, for one user after the
    /// other. They are good for a minute.
    pub(super) async fn redemptions(&self, count: usize) -> Result<Vec<String>, Error> {
        let requests = (0..self.installation.returning).map(|user| self.mint(user).wire(None));
        let requests: Arc<[_]> = requests.collect();
        let mut tasks = JoinSet::new();
        for first in 0..MINTING as usize {
            let requests = Arc::clone(&requests);
            let localhost = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let mut connection = Connection::open(localhost, self.process.address).await?;
            tasks.spawn(async move {
                let mut tokens = Vec::new();
                for number in (first..count).step_by(MINTING as usize) {
                    let request = &requests[number % requests.len()];
                    let answer = connection.send(request).await?;
                    let minted: Value = serde_json::from_str(&answer.body)?;
                    let token = minted["data"].as_str();
                    let token = token.ok_or_else(|| format!("not minted: {}", answer.body))?;
                    tokens.push(token.to_owned());
                }
                Ok::<_, Error>(tokens)
            });
        }
        let mut bodies = Vec::with_capacity(count);
        for tokens in tasks.join_all().await {
            let redeem = |token: String| self.redeem(&token).body;
            bodies.extend(tokens?.into_iter().map(redeem));
        }
        Ok(bodies)
    }
}

//! Countersign, as everybody else in the table.

use std::path::Path;

use serde_json::json;

use super::client::Client;
use super::peer::{About, EMAIL, Peer, Server, Session, USER, forged};
use crate::Error;
use crate::report::request::Request;
use crate::server::{Home, PASSWORD, password_hash};
use crate::users;

/// Countersign with its embedded database.
pub(super) struct Countersign {
    about: About,
    home: Home,
}

impl Countersign {
    pub(super) fn new(binary: &Path) -> Result<Self, Error> {
        let user = json!({
            "username": USER,
            "email": EMAIL,
            "password_hash": password_hash()?,
        });
        let home = Home::new(binary, [user])?;
        // Longer than any run.
        home.run(&["partner", "set", "default", "session_life=1h"])?;
        let version = home.run(&["--version"])?;
        let version = version.trim_start_matches("countersign ").to_owned();
        let about = About {
            name: "Countersign",
            version,
            configuration: "as it is by default, with its embedded database; limits wide",
            verify: "`POST /v1/sessions/verify` with a session token",
            log_in: "`POST /v1/tokens`; Argon2id, 46 MiB, t = 1",
        };
        Ok(Self { about, home })
    }
}

impl Peer for Countersign {
    fn about(&self) -> &About {
        &self.about
    }

    fn start(&self) -> Result<Box<dyn Server>, Error> {
        Ok(Box::new(self.home.serve(&[])?))
    }

    /// The user was imported.
    fn sign_up(&self, _: &Client) -> Result<(), Error> {
        Ok(())
    }

    fn sign_in(&self, client: &Client) -> Result<Session, Error> {
        let signed_in = users::sign_in(client.address());
        let token = client.runtime().block_on(signed_in)?.session;
        let bearer = |request: Request, token: &str| {
            request.with("authorization", format!("Bearer {token}"))
        };
        let verify = |token| bearer(Request::new("POST", "/v1/sessions/verify", 200), token);
        let good = verify(&token);
        Ok(Session {
            says: EMAIL.to_owned(),
            forged: verify(&forged(&token)),
            revoke: Some(bearer(Request::new("DELETE", "/v1/sessions", 204), &token)),
            first: good.clone(),
            verify: good,
        })
    }

    fn log_in(&self) -> Option<Request> {
        let request = Request::new("POST", "/v1/tokens", 201);
        Some(request.json(users::log_in(USER, PASSWORD)))
    }
}

//! better-auth on Node.js, with its database in SQLite.

use std::path::Path;

use serde_json::json;

use super::client::{Answer, Client};
use super::installed::Installed;
use super::peer::{About, EMAIL, Peer, Server, Session, USER, forged};
use crate::Error;
use crate::report::request::Request;
use crate::server::PASSWORD;

/// better-auth, with or without the session in a signed cookie.
pub(super) struct BetterAuth {
    about: About,
    installed: Installed,
    caches: bool,
}

impl BetterAuth {
    pub(super) fn new(tools: &Path, caches: bool) -> Result<Self, Error> {
        let installed = Installed::find(tools.join("better-auth"))?;
        let [name, configuration, verify] = if caches {
            [
                "better-auth, cookie cache",
                "as above, with `session.cookieCache` for five minutes",
                "`GET /api/auth/get-session` with both cookies: reads the signed cookie",
            ]
        } else {
            [
                "better-auth",
                "`node:http`, better-sqlite3 with WAL and `synchronous = NORMAL`; \
                 `NODE_ENV=production`; limits and telemetry off",
                "`GET /api/auth/get-session` with the session's cookie: reads the database",
            ]
        };
        let version = format!(
            "{}, better-sqlite3 {}, {}",
            installed.npm_version("better-auth")?,
            installed.npm_version("better-sqlite3")?,
            installed.node_version()?
        );
        let about = About {
            name,
            version,
            configuration,
            verify,
            log_in: "`POST /api/auth/sign-in/email`; scrypt, N = 16384, r = 16, p = 1",
        };
        Ok(Self {
            about,
            installed,
            caches,
        })
    }
}

impl Peer for BetterAuth {
    fn about(&self) -> &About {
        &self.about
    }

    fn start(&self) -> Result<Box<dyn Server>, Error> {
        let caches = if self.caches { "on" } else { "off" };
        self.installed.node(&[("COOKIE_CACHE", caches)])
    }

    fn sign_up(&self, client: &Client) -> Result<(), Error> {
        let request = Request::new("POST", "/api/auth/sign-up/email", 200);
        let user = json!({ "name": USER, "email": EMAIL, "password": PASSWORD });
        client.must(&request.json(user.to_string()))?;
        Ok(())
    }

    fn sign_in(&self, client: &Client) -> Result<Session, Error> {
        let answer = client.must(&log_in())?;
        let cookies = |change: fn(&str) -> String| cookies(&answer, change);
        let verify = |cookies: String| {
            let request = Request::new("GET", "/api/auth/get-session", 200);
            request.with("cookie", cookies)
        };
        let good = verify(cookies(str::to_owned));
        let revoke = Request::new("POST", "/api/auth/sign-out", 200)
            .with("cookie", cookies(str::to_owned))
            // Where there are cookies it looks where the request is from.
            .with("origin", format!("http://{}", client.address()))
            .json("{}");
        Ok(Session {
            forged: verify(cookies(forged)),
            says: EMAIL.to_owned(),
            revoke: Some(revoke),
            first: good.clone(),
            verify: good,
        })
    }

    fn log_in(&self) -> Option<Request> {
        Some(log_in())
    }
}

fn log_in() -> Request {
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    Request::new("POST", "/api/auth/sign-in/email", 200).json(body.to_string())
}

/// The cookies that an answer set, as a browser sends them, with each value changed so.
fn cookies(answer: &Answer, change: fn(&str) -> String) -> String {
    let cookies = answer.cookies.iter();
    let cookies = cookies.map(|(name, value)| format!("{name}={}", change(value)));
    cookies.collect::<Vec<_>>().join("; ")
}

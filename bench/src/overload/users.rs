//! Who logs in.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use crate::Error;
use crate::connection::Connection;
use crate::server::{PASSWORD, Server, password_hash};

/// Users there are.
pub(super) const USERS: u64 = 500;

/// All users, with one hash.
pub(super) fn all() -> Result<impl Iterator<Item = Value>, Error> {
    let hash = password_hash()?;
    let user = move |number| json!({ "username": format!("user{number}"), "password_hash": hash });
    Ok((0..USERS).map(user))
}

/// What a log-in with a password sends.
pub(super) fn log_in(username: &str, password: &str) -> String {
    json!({
        "identity": { "type": "username", "value": username },
        "authenticator": "password",
        "secret": password,
    })
    .to_string()
}

/// Logs a user in and opens a session. How it is shown to be verified.
pub(super) async fn session(server: &Server) -> Result<String, Error> {
    let mut connection = Connection::open(IpAddr::V4(Ipv4Addr::LOCALHOST), server.address).await?;
    let token = |body: &str| {
        let answer: Value = serde_json::from_str(body)?;
        let token = answer["token"].as_str().ok_or("no token was answered")?;
        Ok::<_, Error>(token.to_owned())
    };
    let answer = connection
        .post("/v1/tokens", None, &log_in("user0", PASSWORD))
        .await?;
    let basic = format!("Basic {}", token(&answer.body)?);
    let answer = connection.post("/v1/sessions", Some(&basic), "").await?;
    Ok(format!("Bearer {}", token(&answer.body)?))
}

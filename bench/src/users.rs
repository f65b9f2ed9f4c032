//! Who logs in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use crate::Error;
use crate::connection::Connection;
use crate::server::{PASSWORD, password_hash};

/// So many users, with one hash.
pub(crate) fn all(users: u64) -> Result<impl Iterator<Item = Value>, Error> {
    let hash = password_hash()?;
    let user = move |number| {
        json!({
            "username": format!("user{number}"),
            "email": address(number),
            "password_hash": hash,
            "proved": true,
        })
    };
    Ok((0..users).map(user))
}

/// The e-mail address of one of them.
pub(crate) fn address(number: u64) -> String {
    format!("user{number}@example.com")
}

/// What a log-in with a password sends.
pub(crate) fn log_in(username: &str, password: &str) -> String {
    json!({
        "identity": { "type": "username", "value": username },
        "authenticator": "password",
        "secret": password,
    })
    .to_string()
}

/// A user who is signed in.
pub(crate) struct SignedIn {
    /// The authentication token.
    pub(crate) authentication: String,
    /// A session token.
    pub(crate) session: String,
}

/// Logs the first user in and opens a session.
pub(crate) async fn sign_in(server: SocketAddr) -> Result<SignedIn, Error> {
    let mut connection = Connection::open(IpAddr::V4(Ipv4Addr::LOCALHOST), server).await?;
    let token = |body: &str| {
        let answer: Value = serde_json::from_str(body)?;
        let token = answer["token"].as_str().ok_or("no token was answered")?;
        Ok::<_, Error>(token.to_owned())
    };
    let answer = connection
        .post("/v1/tokens", None, &log_in("user0", PASSWORD))
        .await?;
    let authentication = token(&answer.body)?;
    let basic = format!("Basic {authentication}");
    let answer = connection.post("/v1/sessions", Some(&basic), "").await?;
    Ok(SignedIn {
        authentication,
        session: token(&answer.body)?,
    })
}

//! Prepares and checks: one request after another, none of them timed.

use std::net::SocketAddr;
use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use reqwest::Method;
use reqwest::header::SET_COOKIE;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::peer::{Server, Session};
use crate::Error;
use crate::connection::Connection;
use crate::report::request::Request;

/// How long a server may take until it answers for the first time.
const START: Duration = Duration::from_secs(60);
/// How long is waited until it is tried again whether it listens.
const PAUSE: Duration = Duration::from_millis(1);

/// Asks a server.
pub(super) struct Client<'a> {
    runtime: &'a Runtime,
    http: reqwest::Client,
    address: SocketAddr,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Each a name and a value.
    pub(super) cookies: Vec<(String, String)>,
    pub(super) body: String,
}

impl<'a> Client<'a> {
    pub(super) fn new(runtime: &'a Runtime, address: SocketAddr) -> Result<Self, Error> {
        // Nothing is asked over TLS, but the client wants to know who would do it. It knows
        // already where there was a client before.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Ok(Self {
            runtime,
            http: reqwest::Client::builder().no_proxy().build()?,
            address,
        })
    }

    /// Whom it asks.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn runtime(&self) -> &Runtime {
        self.runtime
    }

    /// Asks, whatever is answered.
    pub(super) fn ask(&self, request: &Request) -> Result<Answer, Error> {
        let url = format!("http://{}{}", self.address, request.path);
        let method = Method::from_bytes(request.method.as_bytes())?;
        let mut builder = self.http.request(method, url).body(request.body.clone());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        self.runtime.block_on(async {
            let answer = builder.send().await?;
            let cookies = answer.headers().get_all(SET_COOKIE).iter();
            let cookies = cookies.filter_map(|cookie| {
                let (pair, _) = cookie.to_str().ok()?.split_once(';')?;
                let (name, value) = pair.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            });
            Ok(Answer {
                status: answer.status().as_u16(),
                cookies: cookies.collect(),
                body: answer.text().await?,
            })
        })
    }

    /// Asks what must be answered as it is expected.
    pub(super) fn must(&self, request: &Request) -> Result<Answer, Error> {
        let answer = self.ask(request)?;
        if answer.status == request.status {
            return Ok(answer);
        }
        let Request { method, path, .. } = request;
        let Answer { status, body, .. } = answer;
        Err(format!("{method} {path} was answered with {status}: {body}").into())
    }

    /// Whether the session is verified, as it is or forged.
    pub(super) fn verifies(&self, request: &Request, session: &Session) -> Result<bool, Error> {
        let answer = self.ask(request)?;
        Ok(answer.status == request.status && answer.body.contains(&session.says))
    }
}

impl Answer {
    /// The text at this place of its JSON.
    pub(super) fn text(&self, pointer: &str) -> Result<String, Error> {
        let json: Value = serde_json::from_str(&self.body)?;
        let text = json.pointer(pointer).and_then(Value::as_str);
        let text = text.ok_or_else(|| format!("there is no {pointer} in {}", self.body))?;
        Ok(text.to_owned())
    }
}

/// Waits until a server that was just started answers this for the first time; with what.
pub(super) fn first_answer(
    runtime: &Runtime,
    server: &mut dyn Server,
    request: &Request,
) -> Result<u16, Error> {
    let localhost = std::net::Ipv4Addr::LOCALHOST.into();
    let (address, wire) = (server.address(), request.wire(None));
    let begun = SystemClock.uptime();
    runtime.block_on(async {
        loop {
            // Whoever does not listen yet refuses.
            if let Ok(mut connection) = Connection::open(localhost, address).await {
                return Ok(connection.send(&wire).await?.status);
            }
            if let Some(why) = server.has_ended() {
                return Err(format!("a server that was started {why}").into());
            }
            if SystemClock.uptime().saturating_sub(begun) > START {
                let seconds = START.as_secs();
                return Err(format!("nothing listened on {address} for {seconds} s").into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
}

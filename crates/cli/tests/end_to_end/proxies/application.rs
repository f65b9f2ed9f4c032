//! The application behind the proxy: it remembers what reaches it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// A request that reached the application.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    pub(super) method: String,
    pub(super) uri: String,
    /// Each header as it came, also where it came several times.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

/// An application on a free port.
pub(super) struct Application {
    pub(super) address: SocketAddr,
    reached: Arc<Mutex<Vec<Reached>>>,
}

impl Application {
    pub(super) async fn start() -> Self {
        let reached: Arc<Mutex<Vec<Reached>>> = Arc::default();
        let remember = Arc::clone(&reached);
        let router = Router::new().fallback(move |request: Request| {
            let remember = Arc::clone(&remember);
            async move {
                let (request, answer) = answer(request).await;
                remember.lock().unwrap().push(request);
                answer
            }
        });
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { address, reached }
    }

    /// What reached it since this was asked last.
    pub(super) fn reached(&self) -> Vec<Reached> {
        std::mem::take(&mut *self.reached.lock().unwrap())
    }
}

/// What came, and what is answered: to whom asks for a websocket, from then on whatever it says.
async fn answer(mut request: Request) -> (Reached, Response) {
    let upgrade = request.headers().get(UPGRADE).cloned();
    let socket = hyper::upgrade::on(&mut request);
    let (parts, body) = request.into_parts();
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    let reached = Reached {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        headers: headers.collect(),
        body: to_bytes(body, usize::MAX).await.unwrap(),
    };
    let Some(protocol) = upgrade else {
        return (reached, "the application".into_response());
    };
    tokio::spawn(async move {
        let (mut from, mut to) = tokio::io::split(TokioIo::new(socket.await.unwrap()));
        tokio::io::copy(&mut from, &mut to).await
    });
    let headers = [
        (CONNECTION, "upgrade".parse().unwrap()),
        (UPGRADE, protocol),
    ];
    let headers: HeaderMap = headers.into_iter().collect();
    let answer = (StatusCode::SWITCHING_PROTOCOLS, headers).into_response();
    (reached, answer)
}

impl Reached {
    /// The headers that a program takes for Countersign's which reads all but letters and digits as
    /// `_`, each with all the values that it came with.
    pub(super) fn identity(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.headers {
            let name = as_cgi(name);
            if name.starts_with("HTTP_COUNTERSIGN") {
                found.entry(name).or_default().push(value.clone());
            }
        }
        found
    }

    /// What it says by the name of this header: nothing, if it is empty or not there.
    pub(super) fn says(&self, header: &str) -> String {
        let mut values = self.identity().remove(&as_cgi(header)).unwrap_or_default();
        assert!(values.len() < 2, "{header}: {values:?}");
        values.pop().unwrap_or_default()
    }
}

/// The name of a header, as CGI and the like have it.
fn as_cgi(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    format!("HTTP_{}", name.to_ascii_uppercase())
}

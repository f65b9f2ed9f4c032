//! What the proxies have in common that are played.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::net::TcpListener;

use crate::server::encrypt;

/// What stays between two neighbours, and what a client writes by itself.
const OWN: [&str; 4] = ["connection", "content-length", "te", "transfer-encoding"];

/// A request on its way.
#[derive(Clone)]
pub(super) struct Passing {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Serves a proxy on a free port.
pub(super) async fn serve<P, F>(proxy: P) -> SocketAddr
where
    P: Fn(Passing) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send,
{
    let router = Router::new().fallback(async move |request: Request| {
        let (parts, body) = request.into_parts();
        let Parts {
            method,
            uri,
            headers,
            ..
        } = parts;
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let target = uri.path_and_query().unwrap().to_string();
        let passing = Passing {
            method,
            target,
            headers,
            body,
        };
        proxy(passing).await
    });
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(socket, router).await });
    address
}

/// A proxy's own client.
pub(super) fn client() -> Client {
    encrypt();
    let client = Client::builder().no_proxy().redirect(Policy::none());
    client.build().unwrap()
}

impl Passing {
    /// Sends it on; nothing, if nobody answers.
    pub(super) async fn send(mut self, client: &Client, to: &str) -> Option<Answer> {
        for name in OWN {
            self.headers.remove(name);
        }
        let request = client.request(self.method, format!("{to}{}", self.target));
        let request = request.headers(self.headers).body(self.body);
        let response = request.send().await.ok()?;
        Some(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes().await.ok()?,
        })
    }

    /// The value of a header; empty, where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Puts this in place of whatever there is by the name.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, value.parse().unwrap());
    }

    /// Removes the headers whose names are so.
    pub(super) fn remove(&mut self, goes: impl Fn(&str) -> bool) {
        let names: Vec<_> = self.headers.keys().cloned().collect();
        for name in names.iter().filter(|name| goes(name.as_str())) {
            self.headers.remove(name);
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(mut self) -> Response {
        for name in OWN {
            self.headers.remove(name);
        }
        (self.status, self.headers, self.body).into_response()
    }
}

//! Who asked a server for what.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http::header::REFERER;
use parking_lot::Mutex;
use serde::Serialize;

/// A request, as a server's log has it.
#[derive(Clone, Serialize)]
pub(crate) struct Access {
    method: String,
    /// The path and the query.
    target: String,
    referer: Option<String>,
    status: u16,
}

/// The requests that a server has answered, the oldest first. Clones are one log.
#[derive(Clone, Default)]
pub(crate) struct AccessLog(Arc<Mutex<Vec<Access>>>);

impl AccessLog {
    pub(crate) fn all(&self) -> Vec<Access> {
        self.0.lock().clone()
    }
}

/// Writes what is asked for and how it is answered.
pub(crate) async fn write(State(log): State<AccessLog>, request: Request, next: Next) -> Response {
    let method = request.method().to_string();
    let target = request.uri().to_string();
    let referer = header(request.headers());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let access = Access {
        method,
        target,
        referer,
        status,
    };
    log.0.lock().push(access);
    response
}

fn header(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(REFERER)?;
    Some(String::from_utf8_lossy(referer.as_bytes()).into_owned())
}

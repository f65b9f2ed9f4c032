//! From a request to an answer, whatever the handler does.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use tokio::time::timeout;
use tower::ServiceExt;

use super::connection::Visit;
use crate::error::ApiError;
use crate::request;

/// The connection had to give way before its request was begun.
#[derive(Debug, thiserror::Error)]
#[error("gave way to another connection")]
pub(super) struct Evicted;

/// The router's answer; 408 if it takes too long and 500 if it panics.
///
/// # Errors
///
/// [`Evicted`], which closes the connection.
pub(super) async fn answer(
    visit: Arc<Visit>,
    request: Request<Incoming>,
) -> Result<Response, Evicted> {
    if !visit.place.request_begins() {
        return Err(Evicted);
    }
    visit.pace.request_begins();

    let mut request = request.map(Body::new);
    request.extensions_mut().insert(visit.peer);
    // Unwind safe: the router is cloned for each request, and what handlers share is behind locks
    // and transactions of its own.
    let routed = AssertUnwindSafe(visit.shared.router.clone().oneshot(request)).catch_unwind();
    let response = match timeout(visit.shared.limits.request_time, routed).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(_)) => {
            // Without the payload, which may hold anything.
            tracing::error!("a handler panicked");
            panicked()
        }
        Err(_) => {
            tracing::debug!("request out of time");
            timed_out()
        }
    };

    visit.place.request_ends();
    visit.pace.request_ends();
    Ok(response)
}

fn timed_out() -> Response {
    let mut response = request::finish(ApiError::RequestTimeout.into_response(), None);
    // What is left of the body is not worth reading.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

fn panicked() -> Response {
    request::finish(ApiError::Internal.into_response(), None)
}

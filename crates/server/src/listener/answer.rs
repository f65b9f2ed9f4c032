//! From a request to an answer, whatever the handler does.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use tokio::time::timeout;
use tower::ServiceExt;

use super::connection::Visit;

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
    let mut response = problem(
        StatusCode::REQUEST_TIMEOUT,
        "request_timeout",
        "The request was not complete, or not answered, in time.",
    );
    // What is left of the body is not worth reading.
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn panicked() -> Response {
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal_error",
        "Something went wrong on our side.",
    )
}

/// RFC 9457, with the two members our errors add.
fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": message,
        "error_code": code,
        "error_message": message,
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

//! What surrounds every request: its id, its line in the log, what every answer carries.

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign_service::Service;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue};
use tracing::Instrument;

use crate::body;
use crate::error::{ApiError, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request in a span of its own and finishes its answer.
pub(crate) async fn around(
    State(service): State<Service>,
    request: Request,
    next: Next,
) -> Response {
    let id = service.request_id().to_string();
    // The route, not the path: what a client puts into a path is its own affair.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let response = async {
        let response = if too_large(&request) {
            ApiError::BodyTooLarge.into_response()
        } else {
            next.run(request).await
        };
        let response = finish(response, &id);
        tracing::info!(status = response.status().as_u16(), "answered");
        response
    };
    response.instrument(span).await
}

/// A body that says itself that it is too large is not read.
fn too_large(request: &Request) -> bool {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > body::LIMIT as u64)
}

fn finish(response: Response, id: &str) -> Response {
    let (mut parts, mut body) = response.into_parts();
    if let Some(error) = parts.extensions.remove::<ApiError>() {
        let problem = Json(Problem::of(&error, id.to_owned())).into_response();
        body = problem.into_body();
        let problem_json = HeaderValue::from_static("application/problem+json");
        parts.headers.insert(CONTENT_TYPE, problem_json);
        parts.headers.remove(CONTENT_LENGTH);
    }
    let headers = &mut parts.headers;
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    Response::from_parts(parts, body)
}

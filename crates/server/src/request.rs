//! What surrounds every request: its id, its line in the log, what every answer carries.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign_domain::Caller;
use countersign_domain::id::RequestId;
use countersign_domain::locale::Locale;
use countersign_service::Service;
use futures_util::FutureExt;
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, USER_AGENT, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Version};
use tracing::Instrument;

use crate::api;
use crate::body::{self, Json};
use crate::client_address::TrustedProxies;
use crate::error::{ApiError, Problem};
use crate::listener::PeerAddress;
use crate::metrics::{Metrics, What};

/// What is asked with each request to the application: that it went well is no news.
const CONSTANTLY: [&str; 2] = ["/v1/sessions/verify", "/v1/forward-auth"];
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What browsers are told with every answer, errors too: to come by HTTPS, to share no window
/// with pages of other origins and load nothing of this into them, and to tell nobody where they
/// were.
const GUARDS: [(HeaderName, &str); 4] = [
    (STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (REFERRER_POLICY, "no-referrer"),
];
/// What an answer may load that is no page.
const LOADS_NOTHING: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Runs a request in a span of its own, finishes its answer, and counts it.
pub(crate) async fn around(
    State((service, metrics)): State<(Service, Metrics)>,
    mut request: Request,
    next: Next,
) -> Response {
    let (_open, began) = (metrics.begin(), service.uptime());
    let id = service.request_id();
    request.extensions_mut().insert(id);
    let id = id.to_string();
    // The route, not the path: what a client puts into a path is its own affair.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    // A hosted page says itself which one it is.
    let method = request.method().clone();
    let span = tracing::info_span!("request", id, %method, route);
    let response = async {
        let response = match admit(&request) {
            // Unwind safe: what handlers share is behind locks and units of work.
            Ok(()) => match AssertUnwindSafe(next.run(request)).catch_unwind().await {
                Ok(response) => response,
                Err(_) => ApiError::Internal.into_response(),
            },
            Err(error) => error.into_response(),
        };
        let mut response = finish(response, Some(&id));
        let status = response.status();
        let operation = route.map(|route| api::described(&method, route));
        let what = What {
            operation,
            page: response.extensions_mut().remove(),
        };
        metrics.answered(what, status, service.uptime().saturating_sub(began));
        let constantly = operation.is_some_and(|(_, route)| CONSTANTLY.contains(&route));
        if constantly && status.is_success() {
            tracing::debug!(status = status.as_u16(), "answered");
        } else {
            tracing::info!(status = status.as_u16(), "answered");
        }
        response
    };
    response.instrument(span).await
}

/// The language that a request's `Accept-Language` asks for first, where it asks for one.
pub(crate) struct AcceptedLanguage(pub(crate) Option<Locale>);

impl<S: Sync> FromRequestParts<S> for AcceptedLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Of several fields the first: nobody who means one language sends two.
        let field = parts.headers.get(ACCEPT_LANGUAGE);
        let field = field.and_then(|value| value.to_str().ok());
        Ok(Self(field.and_then(Locale::preferred)))
    }
}

/// Who sent a request.
pub(crate) struct By(pub(crate) Caller);

impl FromRequestParts<Service> for By {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Infallible> {
        let request = parts.extensions.get::<RequestId>().copied();
        let user_agent = parts.headers.get(USER_AGENT);
        Ok(Self(Caller {
            request: request.unwrap_or_else(|| service.request_id()),
            address: address(parts),
            user_agent: user_agent.and_then(|value| value.to_str().ok().map(str::to_owned)),
        }))
    }
}

/// The client's address: that at the other end of the connection, or what a listed proxy there
/// says of another one.
fn address(parts: &Parts) -> Option<IpAddr> {
    let PeerAddress(peer) = parts.extensions.get::<PeerAddress>()?;
    let proxies = parts.extensions.get::<TrustedProxies>();
    Some(proxies.map_or(*peer, |proxies| proxies.client(*peer, &parts.headers)))
}

/// What no handler needs to see.
fn admit(request: &Request) -> Result<(), ApiError> {
    // RFC 9112, section 3.2. A proxy that took another one of two for the true one would have
    // guarded another door.
    let hosts = request.headers().get_all(HOST).iter().count();
    if hosts > 1 || hosts == 0 && request.version() == Version::HTTP_11 {
        return Err(ApiError::Malformed("Send one `Host`.".into()));
    }
    // A body that says itself that it is too large is not read.
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > body::LIMIT as u64 => Err(ApiError::BodyTooLarge),
        _ => Ok(()),
    }
}

/// The answer as it goes out: what every answer carries, and a problem's body.
pub(crate) fn finish(response: Response, id: Option<&str>) -> Response {
    let (mut parts, mut body) = response.into_parts();
    if let Some(error) = parts.extensions.remove::<ApiError>() {
        let problem = Json(Problem::of(&error, id.map(str::to_owned))).into_response();
        body = problem.into_body();
        let problem_json = HeaderValue::from_static("application/problem+json");
        parts.headers.insert(CONTENT_TYPE, problem_json);
        parts.headers.remove(CONTENT_LENGTH);
    }
    let headers = &mut parts.headers;
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in GUARDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page brings one of its own, which lets it load its style and its script.
    let nothing = HeaderValue::from_static(LOADS_NOTHING);
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(nothing);
    if let Some(Ok(id)) = id.map(HeaderValue::from_str) {
        headers.insert(REQUEST_ID, id);
    }
    Response::from_parts(parts, body)
}

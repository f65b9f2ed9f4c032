//! What surrounds every request: its id, its line in the log, what every answer carries.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign_domain::Caller;
use countersign_domain::id::{ID_LENGTH, RequestId};
use countersign_domain::locale::Locale;
use countersign_service::Service;
use futures_util::FutureExt;
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, USER_AGENT, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Version};
use tracing::{Instrument, Span};

use crate::api::{self, Constantly};
use crate::body::{self, Json};
use crate::client_address::TrustedProxies;
use crate::error::{ApiError, Problem};
use crate::listener::PeerAddress;
use crate::metrics::{Metrics, Open, Requests, What};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is said with every answer, errors too: to keep none, and to take it for nothing else. To
/// browsers: to come by HTTPS, to share no window with pages of other origins and load nothing of
/// this into them, and to tell nobody where they were.
const GUARDS: [(HeaderName, &str); 7] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
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
    // A page brings one of its own, which lets it load its style and its script.
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
];

/// The headers from which those of most answers begin.
static BEGUN: LazyLock<HeaderMap> = LazyLock::new(|| begun([CONTENT_TYPE]));

/// The headers that every answer has, and these, empty, for an answer that fills them or takes
/// them out. To copy them all takes a quarter of what it takes to insert them one by one.
pub(crate) fn begun(filled_later: impl IntoIterator<Item = HeaderName>) -> HeaderMap {
    let filled_later = filled_later.into_iter().chain([REQUEST_ID]);
    let headers = GUARDS
        .into_iter()
        .chain(filled_later.map(|name| (name, "")));
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    headers.collect()
}

/// What is known of a request beside what it says: an extension of every one that is routed.
#[derive(Clone)]
pub(crate) struct Sender {
    id: RequestId,
    /// The machine's uptime when it came.
    came: Duration,
    peer: IpAddr,
    proxies: TrustedProxies,
}

impl Sender {
    /// Of a request that comes now.
    pub(crate) fn new(service: &Service, peer: PeerAddress, proxies: TrustedProxies) -> Self {
        let came = service.uptime();
        Self {
            id: service.request_id(came),
            came,
            peer: peer.0,
            proxies,
        }
    }

    pub(crate) fn of(extensions: &Extensions) -> &Self {
        let sender = extensions.get();
        sender.expect("every request is given its sender before it is routed")
    }

    /// Who asks: at the other end of the connection, or as a listed proxy there says.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Caller {
        let user_agent = headers.get(USER_AGENT);
        Caller {
            request: self.id,
            address: Some(self.proxies.client(self.peer, headers)),
            user_agent: user_agent.and_then(|value| value.to_str().ok().map(str::to_owned)),
        }
    }

    /// The authority that the request names.
    pub(crate) fn authority<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.proxies.authority(self.peer, headers)
    }
}

/// A request on its way, until it is answered or given up.
struct Passage<'a> {
    id: RequestId,
    method: Method,
    /// The route, not the path: what a client puts into a path is its own affair.
    route: Option<&'a str>,
    service: &'a Service,
    counted: &'a Requests,
    came: Duration,
    _open: Open<'a>,
}

/// Runs a request that was routed in a span of its own, finishes its answer, and counts it.
pub(crate) async fn around(
    State((service, metrics)): State<(Service, Metrics)>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let sender = Sender::of(request.extensions());
    let counted = metrics.requests();
    let passage = Passage::begin(sender, request.method(), route, (&service, counted));
    let span = passage.span();
    let answered = async {
        let response = passage.run(request, |request| next.run(request)).await;
        let status = response.status().as_u16();
        tracing::info!(status, "answered");
        response
    };
    answered.instrument(span).await
}

/// Answers what is asked constantly, finishes its answer, and counts it. That all went well is no
/// news, so that a span is made only where there is something to say.
pub(crate) async fn constantly(
    what: Constantly,
    (service, counted): (&Service, &Requests),
    sender: Sender,
    request: Request,
) -> Response {
    let route = Some(what.route());
    let passage = Passage::begin(&sender, request.method(), route, (service, counted));
    let answer = |request| what.answer(service, sender, request);
    let response = passage.run(request, answer).await;
    let status = response.status();
    let answered = status.as_u16();
    if !status.is_success() {
        let span = passage.span();
        span.in_scope(|| tracing::info!(status = answered, "answered"));
    } else if tracing::enabled!(tracing::Level::DEBUG) {
        let span = passage.span();
        span.in_scope(|| tracing::debug!(status = answered, "answered"));
    }
    response
}

impl<'a> Passage<'a> {
    fn begin(
        sender: &Sender,
        method: &Method,
        route: Option<&'a str>,
        (service, counted): (&'a Service, &'a Requests),
    ) -> Self {
        Self {
            id: sender.id,
            method: method.clone(),
            route,
            service,
            counted,
            came: sender.came,
            _open: counted.begin(),
        }
    }

    fn span(&self) -> Span {
        // A hosted page says itself which one it is.
        tracing::info_span!("request", id = %self.id, method = %self.method, route = self.route)
    }

    /// The finished answer, whatever the handler does, counted.
    async fn run<F>(&self, request: Request, handler: impl FnOnce(Request) -> F) -> Response
    where
        F: Future<Output = Response>,
    {
        let response = match admit(&request) {
            // Unwind safe: what handlers share is behind locks and units of work.
            Ok(()) => match AssertUnwindSafe(handler(request)).catch_unwind().await {
                Ok(response) => response,
                Err(_) => ApiError::Internal.into_response(),
            },
            Err(error) => error.into_response(),
        };
        let error: Option<&ApiError> = response.extensions().get();
        if let Some(error) = error.and_then(ApiError::failure) {
            let span = self.span();
            span.in_scope(|| tracing::error!(%error, "the store failed"));
        }
        let mut response = finish(response, Some(self.id));
        let operation = self.route.map(|route| api::described(&self.method, route));
        let what = What {
            operation,
            page: response.extensions_mut().remove(),
        };
        let took = self.service.uptime().saturating_sub(self.came);
        self.counted.answered(what, response.status(), took);
        response
    }
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

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Sender::of(&parts.extensions).caller(&parts.headers)))
    }
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
pub(crate) fn finish(response: Response, id: Option<RequestId>) -> Response {
    let (mut parts, mut body) = response.into_parts();
    if let Some(error) = parts.extensions.remove::<ApiError>() {
        let problem = Json(Problem::of(&error, id)).into_response();
        body = problem.into_body();
        let problem_json = HeaderValue::from_static("application/problem+json");
        parts.headers.insert(CONTENT_TYPE, problem_json);
        parts.headers.remove(CONTENT_LENGTH);
    }
    // Only what began as every answer does has a place for it already, and then has the guards.
    if !parts.headers.contains_key(REQUEST_ID) {
        let own = std::mem::replace(&mut parts.headers, BEGUN.clone());
        if !own.contains_key(CONTENT_TYPE) {
            parts.headers.remove(CONTENT_TYPE);
        }
        // What an answer says itself counts.
        parts.headers.extend(own);
    }
    match id {
        Some(id) => {
            let id = HeaderValue::from_str(id.encode(&mut [0; ID_LENGTH]));
            let id = id.expect("an id is printable ASCII");
            parts.headers.insert(REQUEST_ID, id);
        }
        None => {
            parts.headers.remove(REQUEST_ID);
        }
    }
    debug_assert!(
        GUARDS
            .iter()
            .all(|(name, _)| parts.headers.contains_key(name))
    );
    Response::from_parts(parts, body)
}

//! `/v1/forward-auth`: what a proxy in front of the application asks about each request to it.
//!
//! The proxy sends the headers of the request along, and goes by the status of the answer. What it
//! says of the request (`X-Forwarded-Uri` and the like) decides where a person is sent who has to
//! sign in, and nothing else, so that nobody gains by forging it. Whose users may pass is decided
//! by the host, which a proxy has to set itself, or by the address of the question, which no
//! client of the proxy's can change.

mod identity;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use countersign_domain::forwarded::Forwarded;
use countersign_domain::partner::Slug;
use countersign_service::{Held, Service};
use http::header::{ACCEPT, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::credentials::{Bearer, bearer};
use crate::error::{ApiError, Problem};
use crate::request::Sender;
use crate::{pages, query};

/// The question of a proxy that writes the path of the request behind that of the question, as
/// Envoy does.
const REFUSE: &str = "/v1/forward-auth/refuse";
/// The same, of one that sends people to where they can sign in.
const REDIRECT: &str = "/v1/forward-auth/redirect";

/// Where all others ask.
pub(super) const ROUTE: &str = "/v1/forward-auth";
/// With what [`REFUSE`] and [`REDIRECT`] begin.
pub(super) const BY_PATH: &str = "/v1/forward-auth/";
/// How all that is asked below these two is called.
pub(super) const BY_PATH_ROUTE: &str = "/v1/forward-auth/{*question}";

/// What the proxy wants to know, and of which request.
struct Question<'a> {
    /// Whether a person is sent to where they can sign in; otherwise told where that is.
    redirect: bool,
    /// Whose users may pass, where nothing is registered at the request's origin.
    partner: Option<Slug>,
    /// The method of the request.
    method: &'a [u8],
    /// What was asked for, where that is known.
    target: Option<&'a str>,
}

/// Ask whose a request to the application is.
///
/// For a proxy in front of the application, which asks about each request and lets it through if
/// the answer is 200. The credential is that of the request: a session token as `Bearer`, or the
/// cookies of the hosted pages. Proxies that write the path of the request behind that of the
/// question ask `/v1/forward-auth/refuse/…` or `/v1/forward-auth/redirect/…`, with any method.
#[utoipa::path(
    get, path = "/v1/forward-auth", tag = "sessions", operation_id = "forward_auth",
    security(("session_token" = []), ("session_cookie" = []), ("authentication_cookie" = [])),
    params(
        ("redirect" = Option<String>, Query,
            description = "`1`: a person is sent to where they can sign in, by 303"),
        ("partner" = Option<String>, Query,
            description = "Whose users may pass, where the request's origin is nobody's public URL"),
        ("X-Forwarded-Uri" = Option<String>, Header,
            description = "Path and query of the request; otherwise those of `X-Original-URL`"),
        ("X-Forwarded-Method" = Option<String>, Header,
            description = "Its method; otherwise that of `X-Original-Method`, otherwise `GET`"),
        ("X-Forwarded-Host" = Option<String>, Header,
            description = "Its host, from a proxy that is listed; otherwise that of `Host`")
    ),
    responses(
        (status = 200, description = "It may pass. Who it is stands in the headers, each of which \
            is there, empty where there is nothing to say",
            headers(
                ("Countersign-User", description = "The user's id"),
                ("Countersign-Partner", description = "The slug of the user's partner"),
                ("Countersign-Username", description = "The user's name, percent-encoded"),
                ("Countersign-Email", description = "The user's e-mail address, percent-encoded"),
                ("Countersign-Phone", description = "The user's phone number"),
                ("Countersign-Partner-User-Id",
                    description = "The partner's own id of the user, percent-encoded"),
                ("Countersign-Session", description = "The session's id"),
                ("Countersign-Authentication", description = "The authentication's id"),
                ("Countersign-Device", description = "The device's id"),
                ("Countersign-Amr", description = "How the user was authenticated: words, with commas"),
                ("Countersign-Auth-Time", description = "When, as RFC 3339 writes it")
            )),
        (status = 303, description = "A person has to sign in, at `Location`"),
        (status = 400, description = "`invalid_parameter`, `malformed`, `unknown_partner`: the \
            proxy's address of this question is wrong", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "`invalid_session`: nobody is signed in. For a person, \
            `Location` says where they can", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn ask(
    State(service): State<Service>,
    request: Request,
) -> Result<Response, ApiError> {
    let (request, _) = request.into_parts();
    asked(&service, Sender::of(&request.extensions), &request).await
}

/// The answer to the question of a proxy that says in headers what it asks about.
pub(super) async fn asked(
    service: &Service,
    sender: &Sender,
    request: &Parts,
) -> Result<Response, ApiError> {
    let parameters = request.uri.query().unwrap_or_default();
    let [redirect, partner] = query::parameters(parameters, ["redirect", "partner"])?;
    let redirect = match redirect.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => {
            let text = "`redirect` is `1`, or is not there.";
            return Err(ApiError::InvalidParameter(text.into()));
        }
    };
    let partner = partner.map(|slug| slug.parse().map_err(|_| ApiError::UnknownPartner));
    let partner = partner.transpose()?;
    if partner
        .as_ref()
        .is_some_and(|it| !service.knows_partner(it))
    {
        return Err(ApiError::UnknownPartner);
    }
    let header = |names: [&str; 2]| {
        let mut found = names.iter().filter_map(|name| request.headers.get(*name));
        found.next()
    };
    let method = header(["x-forwarded-method", "x-original-method"]);
    let target = header(["x-forwarded-uri", "x-original-url"]);
    let question = Question {
        redirect,
        partner,
        method: method.map_or(b"GET", HeaderValue::as_bytes),
        // What is no text is nowhere that anybody can be sent back to.
        target: target.map(|target| target.to_str().unwrap_or_default()),
    };
    answer(service, sender, &request.headers, question).await
}

/// Whether this is the path of a question with that of a request behind it.
pub(super) fn is_by_path(path: &str) -> bool {
    let target = [REFUSE, REDIRECT]
        .iter()
        .find_map(|it| path.strip_prefix(it));
    target.is_some_and(|target| target.starts_with('/'))
}

/// The answer to the question of a proxy that writes the path of the request behind that of the
/// question, and asks with the request's method.
pub(super) async fn asked_by_path(
    service: &Service,
    sender: &Sender,
    request: &Parts,
) -> Result<Response, ApiError> {
    let all = request.uri.path_and_query();
    let all = all.map_or("", |it| it.as_str());
    let (redirect, target) = match all.strip_prefix(REDIRECT) {
        Some(target) => (true, target),
        None => (false, all.strip_prefix(REFUSE).unwrap_or_default()),
    };
    let question = Question {
        redirect,
        partner: None,
        method: request.method.as_str().as_bytes(),
        target: Some(target),
    };
    answer(service, sender, &request.headers, question).await
}

async fn answer(
    service: &Service,
    sender: &Sender,
    headers: &HeaderMap,
    question: Question<'_>,
) -> Result<Response, ApiError> {
    let site = sender.authority(headers);
    let site = site.and_then(|authority| service.site_at(authority));
    let asked = Forwarded {
        reads: matches!(question.method, b"GET" | b"HEAD"),
        target: question.target,
        arriving: pages::arriving(headers),
        takes_html: takes_html(headers),
    };
    // Who brings a token may be somebody else than who is signed in.
    if site.is_none() || !asked.brings_token() {
        let partner = site.as_ref().map(|site| site.partner.clone());
        let partner = partner.or(question.partner);
        let partner = partner.unwrap_or_else(Slug::default_partner);
        let held = held(headers);
        let caller = sender.caller(headers);
        let session = service.forward_auth(&caller, &partner, &held).await?;
        if let Some(session) = session {
            return Ok(identity::headers(&session).into_response());
        }
    }
    let Some(way_in) = site.and_then(|site| asked.way_in(&site.public)) else {
        return Err(ApiError::InvalidSession);
    };
    let mut response = if question.redirect {
        StatusCode::SEE_OTHER.into_response()
    } else {
        ApiError::InvalidSession.into_response()
    };
    let there = HeaderValue::try_from(way_in).expect("a URL is printable ASCII");
    response.headers_mut().insert(LOCATION, there);
    Ok(response)
}

/// What the request holds of a sign-in: a session token that it says outright, or what the browser
/// keeps.
fn held(headers: &HeaderMap) -> Held {
    match bearer(headers) {
        Bearer::None => pages::held(headers),
        Bearer::One(session) => Held {
            authentication: None,
            session: Some(session),
        },
        Bearer::Several => Held::default(),
    }
}

fn takes_html(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter();
    let mut lines = lines.filter_map(|line| line.to_str().ok());
    lines.any(|line| line.contains("text/html"))
}

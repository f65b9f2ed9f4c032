//! The pages of development: what there is to try, and the outbox.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use countersign_service::Service;
use http::header::{ACCEPT, CONTENT_SECURITY_POLICY, HOST};
use http::{HeaderMap, HeaderValue};

use super::MessageResponse;

#[derive(Template)]
#[template(path = "dev.html")]
struct Index<'a> {
    nonce: String,
    /// By which name this machine was asked, which [`super::only_here`] has looked at.
    host: &'a str,
    /// The path of the hosted pages of that name, where there are any.
    pages: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "dev-outbox.html")]
struct OutboxPage<'a> {
    nonce: String,
    messages: &'a [MessageResponse],
}

/// `GET /`.
pub(super) async fn index(State(service): State<Service>, headers: HeaderMap) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("localhost");
    let pages = service.site(host, "/auth/sign-in").map(|_| "/auth");
    let nonce = service.script_nonce();
    let policy = policy(&nonce);
    show(&Index { nonce, host, pages }, policy)
}

/// The outbox as a page.
pub(super) fn outbox(service: &Service, messages: &[MessageResponse]) -> Response {
    let nonce = service.script_nonce();
    let policy = policy(&nonce);
    show(&OutboxPage { nonce, messages }, policy)
}

/// Whether a page is wanted rather than JSON: browsers name `text/html`, and scripts do not.
pub(super) fn is_preferred(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter();
    let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
    let weight = |kind: &str| {
        let all = lines.iter().flat_map(|line| line.split(','));
        all.filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next()?.eq_ignore_ascii_case(kind);
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok());
            named.then_some(weight.unwrap_or(0.0))
        })
        .fold(0.0, f32::max)
    };
    weight("text/html") > weight("application/json")
}

fn show(page: &impl Template, policy: HeaderValue) -> Response {
    let html = page.render();
    let html = html.expect("a template writes to memory, and what it says never fails");
    ([(CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

fn policy(nonce: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a nonce is printable ASCII")
}

//! `/dev`: what whoever runs the server on their own machine needs. Elsewhere it does not
//! exist.

use std::net::IpAddr;

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_service::Service;
use countersign_service::delivery::outbox::{Entry, Outbox};
use http::header::{HOST, VARY};
use http::{HeaderMap, HeaderValue, Uri};
use serde::Serialize;

use crate::body::Json;
use crate::error::ApiError;
use crate::query::parameter;

mod page;

pub(crate) fn router(outbox: Outbox) -> Router<Service> {
    let list = move |State(service): State<Service>,
                     headers: HeaderMap,
                     RawQuery(query): RawQuery| async move {
        let to = to(query.as_deref().unwrap_or_default())?;
        // What was asked for before is there, so that a script need not wait for it.
        service.deliver().await?;
        let messages = outbox.messages().into_iter();
        let messages = messages.filter(|message| to.as_ref().is_none_or(|to| to.is(message)));
        let messages: Vec<_> = messages.map(MessageResponse::from).collect();
        let mut response = if page::is_preferred(&headers) {
            page::outbox(&service, &messages)
        } else {
            Json(messages).into_response()
        };
        let varies = HeaderValue::from_static("accept");
        response.headers_mut().insert(VARY, varies);
        Ok::<_, ApiError>(response)
    };
    Router::new()
        .route("/", get(page::index))
        .route("/dev/outbox", get(list))
        .route_layer(axum::middleware::from_fn(only_here))
}

/// Answers only to names of this machine. A page that a developer visits could otherwise have
/// its own name point here and read the codes (DNS rebinding): then `Host` is that name. Nor is
/// a page of another site answered.
async fn only_here(request: Request, next: Next) -> Result<Response, ApiError> {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let uri: Option<Uri> = host.and_then(|host| host.parse().ok());
    let site = request.headers().get("sec-fetch-site");
    let elsewhere = site.is_some_and(|site| site != "same-origin" && site != "none");
    match uri.as_ref().and_then(Uri::host) {
        Some(host) if is_local(host) && !elsewhere => Ok(next.run(request).await),
        _ => Err(ApiError::NotFound),
    }
}

/// `localhost`, a name below it, or an address of this machine's own loop.
fn is_local(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    // Nothing that a shell would read as more than a name: commands to copy have it in them.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    host == "localhost"
        || host.ends_with(".localhost") && host.chars().all(plain)
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[derive(Serialize)]
struct MessageResponse {
    channel: &'static str,
    to: String,
    code: String,
    body: String,
    created_at: String,
}

impl From<Entry> for MessageResponse {
    fn from(message: Entry) -> Self {
        Self {
            channel: message.channel.as_str(),
            to: message.to.value().to_owned(),
            code: message.code.expose().clone(),
            body: message.body.expose().clone(),
            created_at: message.created_at.to_string(),
        }
    }
}

/// A recipient to look for, in any spelling.
struct Recipient(String);

impl Recipient {
    fn is(&self, message: &Entry) -> bool {
        let normalised = Identity::parse(message.to.kind(), &self.0);
        normalised.is_ok_and(|identity| identity == message.to)
    }
}

/// The parameter `to`, an address or a number in any spelling.
fn to(query: &str) -> Result<Option<Recipient>, ApiError> {
    let Some(value) = parameter(query, "to")? else {
        return Ok(None);
    };
    let known = [IdentityType::Email, IdentityType::Phone]
        .into_iter()
        .any(|kind| Identity::parse(kind, &value).is_ok());
    if !known {
        let what = "`to` is neither an e-mail address nor a phone number.";
        return Err(ApiError::InvalidParameter(what.into()));
    }
    Ok(Some(Recipient(value)))
}

//! The application: it passes `/auth/` on to Countersign, and shows the rest to who is signed
//! in.

use std::sync::Weak;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use http::header::{CONNECTION, COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode};
use reqwest::Method;

use crate::html::{escaped, page};
use crate::stage::Stage;

const SESSION: &str = "__Host-countersign-session";

pub(crate) fn router(stage: Weak<Stage>) -> Router {
    Router::new().fallback(any(answer)).with_state(stage)
}

async fn answer(State(stage): State<Weak<Stage>>, request: Request) -> Response {
    let Some(stage) = stage.upgrade() else {
        return StatusCode::GONE.into_response();
    };
    let path = request.uri().path();
    if path == "/auth" || path.starts_with("/auth/") {
        return pass_on(&stage, request).await;
    }
    if path == "/pixel" || path == "/favicon.ico" {
        return StatusCode::NO_CONTENT.into_response();
    }
    if path == "/open" {
        return page("For everybody", "").into_response();
    }
    let target = request.uri().to_string();
    match who(&stage, request.headers()).await {
        Some(who) => shown(&stage, &target, &who),
        None => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("return_to", &target);
            let there = format!("/auth/sign-in?{}", query.finish());
            Redirect::to(&there).into_response()
        }
    }
}

/// A page for whoever is signed in. Both pictures tell where they are shown: one of the
/// application, one of the partner, which is told the whole address.
fn shown(stage: &Stage, target: &str, who: &str) -> Response {
    let decoded = percent_encoding::percent_decode_str(target).decode_utf8_lossy();
    let body = format!(
        "<p id=\"who\">{}</p>\n<a href=\"/next\">Next</a>\n\
         <a href=\"/auth/account\">Devices</a>\n<a href=\"/auth/sign-out\">Sign out</a>\n\
         <img src=\"/pixel\" alt=\"\">\n\
         <img src=\"{}/pixel\" alt=\"\" referrerpolicy=\"unsafe-url\">",
        escaped(who),
        stage.northstar,
    );
    page(&decoded, &body).into_response()
}

/// Asks Countersign who holds the session that the browser keeps.
async fn who(stage: &Stage, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    let mut cookies = cookies.split("; ").filter_map(|it| it.split_once('='));
    let (_, session) = cookies.find(|(name, _)| *name == SESSION)?;
    let verified = stage.client().verify(session).await;
    if verified.status != reqwest::StatusCode::OK {
        return None;
    }
    let session = verified.json();
    let identities = session["user"]["identities"].as_array()?;
    let names = identities.iter().filter_map(|it| it["value"].as_str());
    Some(names.collect::<Vec<_>>().join(" "))
}

/// What a proxy does: the request as it is, to Countersign.
async fn pass_on(stage: &Stage, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 1 << 20).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let method = Method::from_bytes(parts.method.as_str().as_bytes()).unwrap();
    let url = format!("{}{}", stage.url(), parts.uri);
    let mut headers = parts.headers;
    headers.remove(CONNECTION);
    let request = stage.http.request(method, url).headers(headers).body(body);
    let Ok(answer) = request.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(CONNECTION);
    response.headers_mut().remove(TRANSFER_ENCODING);
    *response.body_mut() = Body::from(answer.bytes().await.unwrap_or_default());
    response
}

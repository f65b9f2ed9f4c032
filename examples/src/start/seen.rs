//! A question and its answer, as far as they tell something.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use axum_extra::extract::cookie::Cookie;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use serde_json::Value;

/// More than any answer of Countersign's API has.
const LONGEST: usize = 1024 * 1024;

/// What of a request tells something.
pub(super) struct Asked {
    pub(super) by_browser: bool,
    pub(super) method: Method,
    /// The path and the query.
    pub(super) target: String,
    /// A token behind `Authorization: Bearer`.
    pub(super) bearer: Option<String>,
    /// What the browser keeps.
    pub(super) held: Vec<String>,
}

/// What of an answer tells something.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) location: String,
    /// The cookies that it sets, by name; without a value where they end.
    pub(super) cookies: Vec<(String, String)>,
    pub(super) json: Value,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        let headers = request.headers();
        let mut agents = texts(headers, &USER_AGENT);
        let mut bearers =
            texts(headers, &AUTHORIZATION).filter_map(|it| it.strip_prefix("Bearer "));
        let cookies = texts(headers, &COOKIE)
            .flat_map(Cookie::split_parse)
            .flatten();
        let target = request.uri().path_and_query();
        Self {
            by_browser: agents.any(|agent| agent.starts_with("Mozilla/")),
            method: request.method().clone(),
            target: target.map_or("/", |target| target.as_str()).to_owned(),
            bearer: bearers.next().map(str::to_owned),
            held: cookies.map(|cookie| cookie.value().to_owned()).collect(),
        }
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

impl Answered {
    /// Reads an answer, and gives it back as it was.
    pub(super) async fn of(response: Response) -> (Self, Response) {
        let (response, json) = read_json(response).await;
        let headers = response.headers();
        let cookies = texts(headers, &SET_COOKIE).filter_map(|it| Cookie::parse(it).ok());
        let cookies = cookies.map(|it| (it.name().to_owned(), it.value().to_owned()));
        let answered = Self {
            status: response.status(),
            location: texts(headers, &LOCATION).collect(),
            cookies: cookies.collect(),
            json,
        };
        (answered, response)
    }
}

fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter();
    values.filter_map(|value| value.to_str().ok())
}

async fn read_json(response: Response) -> (Response, Value) {
    let kind = response.headers().get(CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != "application/json") {
        return (response, Value::Null);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, LONGEST).await.unwrap_or_default();
    let json = serde_json::from_slice(&bytes).unwrap_or_default();
    (Response::from_parts(parts, Body::from(bytes)), json)
}

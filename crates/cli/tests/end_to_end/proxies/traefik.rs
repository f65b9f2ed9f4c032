//! Traefik, played: what its documentation says of routers, of the middlewares `ForwardAuth` and
//! `Headers`, and of the entry point's `aliasHeadersStrategy`, with the lists of the guide.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use reqwest::Client;
use serde_json::Value;

use super::guide::{texts, yaml};
use super::played::{Passing, client, serve};
use super::process::Behind;

struct Traefik {
    entry: Value,
    http: Value,
    client: Client,
}

/// Traefik, as its guide sets it up.
pub(super) async fn start(behind: Behind) -> SocketAddr {
    let here = [
        ("127.0.0.1:8080", behind.countersign.to_string()),
        ("127.0.0.1:3000", behind.application.to_string()),
    ];
    let [mut fixed, mut dynamic] = yaml("traefik.md", &here).try_into().unwrap();
    let traefik = Arc::new(Traefik {
        entry: fixed["entryPoints"]["websecure"]["http"].take(),
        http: dynamic["http"].take(),
        client: client(),
    });
    serve(move |request| {
        let traefik = Arc::clone(&traefik);
        async move { traefik.answer(request).await }
    })
    .await
}

impl Traefik {
    async fn answer(&self, mut request: Passing) -> Response {
        if self.entry["aliasHeadersStrategy"] == "delete" {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
            request.remove(|name| !name.chars().all(plain));
        }
        // No client is listed in `forwardedHeaders.trustedIPs`.
        request.remove(|name| name.starts_with("x-forwarded-"));
        let Some(router) = self.router(&request) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let none = Value::Array(Vec::new());
        for name in texts(router.get("middlewares").unwrap_or(&none)) {
            let middleware = &self.http["middlewares"][&name];
            let sure = middleware.as_object().is_some();
            assert!(sure, "there is no middleware {name}");
            custom_headers(middleware, &mut request);
            if let Some(answer) = self.ask(middleware, &mut request).await {
                return answer;
            }
        }
        let host = request.header("host").to_owned();
        request.set("x-forwarded-host", &host);
        request.set("x-forwarded-for", "127.0.0.1");
        let service = router["service"].as_str().unwrap();
        let servers = &self.http["services"][service]["loadBalancer"]["servers"];
        let url = servers[0]["url"].as_str().unwrap();
        let answer = request.send(&self.client, url).await;
        answer.map_or(StatusCode::BAD_GATEWAY.into_response(), |answer| {
            answer.into_response()
        })
    }

    /// The router with the longest rule of those that fit.
    fn router(&self, request: &Passing) -> Option<&Value> {
        let rule = |router: &Value| router["rule"].as_str().unwrap().to_owned();
        let routers = self.http["routers"].as_object().unwrap().values();
        let fitting = routers.filter(|router| {
            let rule = rule(router);
            let mut parts = rule.split(" && ");
            parts.all(|part| {
                let (kind, argument) = part.split_once("(`").unwrap();
                let argument = argument.strip_suffix("`)").unwrap();
                match kind {
                    "Host" => request.header("host") == argument,
                    "PathPrefix" => request.target.starts_with(argument),
                    _ => panic!("nobody plays {part}"),
                }
            })
        });
        fitting.max_by_key(|router| rule(router).len())
    }

    /// Asks, if this is a `ForwardAuth`; the answer to the client, if the request ends with it.
    async fn ask(&self, middleware: &Value, request: &mut Passing) -> Option<Response> {
        let auth = middleware.get("forwardAuth")?;
        assert_eq!(auth["trustForwardHeader"], false);
        let address = auth["address"].as_str().unwrap();
        let mut question = request.clone();
        question.headers.remove("host");
        let forwarded = [
            ("x-forwarded-method", request.method.as_str()),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", request.header("host")),
            ("x-forwarded-uri", &request.target),
            ("x-forwarded-for", "127.0.0.1"),
        ];
        for (name, value) in forwarded {
            question.set(name, value);
        }
        question.method = Method::GET;
        question.target.clear();
        question.body.clear();
        let Some(answer) = question.send(&self.client, address).await else {
            return Some(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        };
        if !answer.status.is_success() {
            return Some(answer.into_response());
        }
        for name in texts(&auth["authResponseHeaders"]) {
            let name: HeaderName = name.parse().unwrap();
            request.headers.remove(&name);
            for value in answer.headers.get_all(&name) {
                request.headers.append(&name, value.clone());
            }
        }
        None
    }
}

/// What the middleware `Headers` does to a request: an empty value removes.
fn custom_headers(middleware: &Value, request: &mut Passing) {
    let custom = middleware.pointer("/headers/customRequestHeaders");
    for (name, value) in custom.iter().flat_map(|it| it.as_object().unwrap()) {
        let name: HeaderName = name.parse().unwrap();
        request.headers.remove(&name);
        if value != "" {
            request
                .headers
                .insert(name, value.as_str().unwrap().parse().unwrap());
        }
    }
}

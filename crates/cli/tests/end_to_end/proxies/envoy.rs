//! Envoy, played: what its documentation says of the connection manager, of routes, and of
//! `ext_authz` over HTTP, with the lists of the guide.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::header::{CONTENT_LENGTH, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use reqwest::Client;
use serde_json::Value;

use super::guide::yaml;
use super::played::{Passing, client, serve};
use super::process::Behind;

struct Envoy {
    /// The connection manager of the listener with TLS.
    manager: Value,
    clusters: Value,
    client: Client,
}

/// Envoy, as its guide sets it up.
pub(super) async fn start(behind: Behind) -> SocketAddr {
    let port = |address: SocketAddr| format!("port_value: {}", address.port());
    let here = [
        ("port_value: 8080", port(behind.countersign)),
        ("port_value: 3000", port(behind.application)),
    ];
    let [file] = &mut yaml("envoy.md", &here)[..] else {
        panic!("Envoy has one file");
    };
    let manager = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
    let envoy = Arc::new(Envoy {
        manager: file.pointer_mut(manager).unwrap().take(),
        clusters: file["static_resources"]["clusters"].take(),
        client: client(),
    });
    serve(move |request| {
        let envoy = Arc::clone(&envoy);
        async move { envoy.answer(request).await }
    })
    .await
}

impl Envoy {
    async fn answer(&self, mut request: Passing) -> Response {
        let manager = &self.manager;
        let underscores =
            &manager["common_http_protocol_options"]["headers_with_underscores_action"];
        let mut names = request.headers.keys();
        if underscores == "REJECT_REQUEST" && names.any(|name| name.as_str().contains('_')) {
            return StatusCode::BAD_REQUEST.into_response();
        }
        self.mutate(&mut request);
        assert_eq!(manager["use_remote_address"], true);
        let seen = format!("{},127.0.0.1", request.header("x-forwarded-for"));
        request.set("x-forwarded-for", seen.trim_start_matches(','));
        let Some(route) = self.route(&request) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        for filter in manager["http_filters"].as_array().unwrap() {
            let (name, config) = (filter["name"].as_str().unwrap(), &filter["typed_config"]);
            let off = &route["typed_per_filter_config"][name]["disabled"] == true;
            if config.get("http_service").is_none() || off {
                continue;
            }
            if let Some(answer) = self.ask(config, &mut request).await {
                return answer;
            }
        }
        let url = self.cluster(&route["route"]["cluster"]);
        let answer = request.send(&self.client, &url).await;
        answer.map_or(StatusCode::SERVICE_UNAVAILABLE.into_response(), |answer| {
            answer.into_response()
        })
    }

    /// What goes before anything else looks at the request.
    fn mutate(&self, request: &mut Passing) {
        let mutations = "/early_header_mutation_extensions/0/typed_config/mutations";
        let mutations = self.manager.pointer(mutations).unwrap();
        for mutation in mutations.as_array().unwrap() {
            if let Some(exact) = mutation["remove"].as_str() {
                request.remove(|name| name == exact);
            } else {
                let matcher = &mutation["remove_on_match"]["key_matcher"];
                request.remove(|name| fits(matcher, name));
            }
        }
    }

    fn route(&self, request: &Passing) -> Option<&Value> {
        let hosts = self.manager["route_config"]["virtual_hosts"].as_array();
        let host = hosts.unwrap().iter().find(|host| {
            let domains = host["domains"].as_array().unwrap();
            domains
                .iter()
                .any(|domain| domain == request.header("host"))
        })?;
        let mut routes = host["routes"].as_array().unwrap().iter();
        routes.find(|route| {
            let prefix = route["match"]["prefix"].as_str().unwrap();
            request.target.starts_with(prefix)
        })
    }

    /// Where a cluster is.
    fn cluster(&self, name: &Value) -> String {
        let mut clusters = self.clusters.as_array().unwrap().iter();
        let cluster = clusters.find(|cluster| cluster["name"] == *name).unwrap();
        let endpoint =
            "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
        let at = cluster.pointer(endpoint).unwrap();
        format!(
            "http://{}:{}",
            at["address"].as_str().unwrap(),
            at["port_value"]
        )
    }

    /// Asks; the answer to the client, if the request ends with it.
    async fn ask(&self, config: &Value, request: &mut Passing) -> Option<Response> {
        let service = &config["http_service"];
        let mut question = request.clone();
        let always = [HOST.as_str(), "authorization"];
        let allowed = &config["allowed_headers"];
        question.remove(|name| !always.contains(&name) && !listed(allowed, name));
        let prefix = service["path_prefix"].as_str().unwrap();
        question.target.insert_str(0, prefix);
        question.body.clear();
        let url = self.cluster(&service["server_uri"]["cluster"]);
        let answer = question.send(&self.client, &url).await;
        let known = answer.filter(|answer| !answer.status.is_server_error());
        let Some(mut answer) = known else {
            assert_eq!(config["failure_mode_allow"], false);
            assert_eq!(config["status_on_error"]["code"], "ServiceUnavailable");
            return Some(StatusCode::SERVICE_UNAVAILABLE.into_response());
        };
        let lists = &service["authorization_response"];
        if answer.status == StatusCode::OK {
            let passed = only(&answer.headers, &lists["allowed_upstream_headers"]);
            request.headers.extend(passed);
            return None;
        }
        answer.headers = only(&answer.headers, &lists["allowed_client_headers"]);
        Some(answer.into_response())
    }
}

/// The headers in a list of patterns.
fn only(headers: &HeaderMap, list: &Value) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(CONTENT_LENGTH);
    let names: Vec<_> = headers.keys().cloned().collect();
    for name in names.iter().filter(|name| !listed(list, name.as_str())) {
        headers.remove(name);
    }
    headers
}

fn listed(list: &Value, name: &str) -> bool {
    let mut patterns = list["patterns"].as_array().unwrap().iter();
    patterns.any(|pattern| fits(pattern, name))
}

/// Whether a name is what a matcher of texts means.
fn fits(matcher: &Value, name: &str) -> bool {
    let exact = matcher["exact"].as_str().is_some_and(|exact| exact == name);
    let prefix = matcher["prefix"].as_str();
    exact || prefix.is_some_and(|prefix| name.starts_with(prefix))
}

//! What the proxy in front of an application does in production: Countersign's pages below one
//! path of the application's own origin.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Passes requests on as they are: with their path, and with the host that the browser asked for.
#[derive(Clone)]
pub(super) struct Proxy {
    to: String,
    http: Client<HttpConnector, Body>,
}

impl Proxy {
    pub(super) fn to(url: &str) -> Self {
        Self {
            to: url.to_owned(),
            http: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    pub(super) async fn pass_on(self, mut request: Request) -> Response {
        let Ok(uri) = Uri::try_from(format!("{}{}", self.to, request.uri())) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        *request.uri_mut() = uri;
        match self.http.request(request).await {
            Ok(answer) => answer.into_response(),
            Err(error) => {
                tracing::error!(%error, "Countersign does not answer");
                StatusCode::BAD_GATEWAY.into_response()
            }
        }
    }
}

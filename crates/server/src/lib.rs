//! Countersign over HTTP: the only crate that knows of it.
//!
//! [`router`] is the API, [`private::router`] what only the operator's own machines should
//! reach, and [`listener`] brings both to sockets.

mod api;
mod api_key;
mod body;
mod client_address;
mod credentials;
mod dev;
mod error;
mod form;
pub mod listener;
mod metrics;
mod pages;
pub mod private;
mod query;
mod request;

use axum::{Extension, Router};
use countersign_service::Service;

pub use client_address::TrustedProxies;
pub use metrics::Metrics;

/// The OpenAPI description of the API, generated from the code that answers it.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    api::router().into_openapi()
}

/// The same behind proxies whose word on the client's address counts. Without, the client is who
/// connects.
pub fn behind(router: Router, proxies: TrustedProxies) -> Router {
    router.layer(Extension(proxies))
}

/// The public API. What is for development is there only if codes go to an outbox.
pub fn router(service: Service, metrics: Metrics) -> Router {
    let (router, openapi) = api::router().split_for_parts();
    let router = router.merge(api::description(&openapi));
    let router = match service.delivery().outbox() {
        Some(outbox) => router.merge(dev::router(outbox.clone())),
        None => router,
    };
    router
        .fallback(pages::answer)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(axum::middleware::from_fn_with_state(
            (service.clone(), metrics),
            request::around,
        ))
        .with_state(service)
}

//! Countersign over HTTP: the only crate that knows of it.
//!
//! [`Public`] is the API, [`private::router`] what only the operator's own machines should
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

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use axum::{Extension, Router};
use countersign_service::Service;

use api::Constantly;
use listener::{Answers, PeerAddress};
use request::Sender;

pub use client_address::TrustedProxies;
pub use metrics::Metrics;

/// The OpenAPI description of the API, generated from the code that answers it.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    api::router().into_openapi()
}

/// The public API and the hosted pages. Clones share what they answer from.
#[derive(Clone)]
pub struct Public(Arc<Inner>);

struct Inner {
    service: Service,
    metrics: Metrics,
    proxies: TrustedProxies,
    router: Router,
}

impl Public {
    /// Behind proxies whose word on the client's address counts. What is for development is there
    /// only if codes go to an outbox.
    #[must_use]
    pub fn new(service: Service, metrics: Metrics, proxies: TrustedProxies) -> Self {
        let (router, openapi) = api::router().split_for_parts();
        let router = router.merge(api::description(&openapi));
        let router = match service.delivery().outbox() {
            Some(outbox) => router.merge(dev::router(outbox.clone())),
            None => router,
        };
        let around = (service.clone(), metrics.clone());
        let router = router
            .fallback(pages::answer)
            .method_not_allowed_fallback(error::method_not_allowed)
            .layer(axum::middleware::from_fn_with_state(
                around,
                request::around,
            ))
            .with_state(service.clone());
        Self(Arc::new(Inner {
            service,
            metrics,
            proxies,
            router,
        }))
    }
}

impl Answers for Public {
    async fn answer(&self, mut request: Request, peer: PeerAddress) -> Response {
        let Inner {
            service,
            metrics,
            proxies,
            router,
        } = &*self.0;
        let sender = Sender::new(service, peer, proxies.clone());
        if let Some(what) = Constantly::of(&request) {
            let counted = metrics.requests();
            return request::constantly(what, (service, counted), sender, request).await;
        }
        request.extensions_mut().insert(sender);
        router.answer(request, peer).await
    }
}

/// For who puts something around it.
impl From<Public> for Router {
    fn from(public: Public) -> Self {
        Self::new().fallback(
            async move |Extension(peer): Extension<PeerAddress>, request| {
                public.answer(request, peer).await
            },
        )
    }
}

//! What is counted of requests, and how the node is: for Prometheus.

mod requests;
mod vitals;

use std::sync::Arc;

use countersign_service::Service;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use requests::OfRequests;
pub(crate) use requests::{Open, Page, Requests, What};
use vitals::OfService;

/// The media type of what is answered (OpenMetrics 1.0).
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a node counts. Clones share it.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    requests: Arc<Requests>,
    registry: Registry,
}

impl Metrics {
    /// Of a node that has counted nothing yet.
    #[must_use]
    pub fn new(service: &Service) -> Self {
        let requests = Arc::new(Requests::new());
        let mut registry = Registry::with_prefix("countersign");
        registry.register_collector(Box::new(OfRequests(Arc::clone(&requests))));
        registry.register_collector(Box::new(OfService(service.clone())));
        Self(Arc::new(Inner { requests, registry }))
    }

    /// Where requests are counted.
    pub(crate) fn requests(&self) -> &Requests {
        &self.0.requests
    }

    /// All that is counted, and how the node is, as [`MEDIA_TYPE`].
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.0.registry).expect("a text takes whatever is written into it");
        text
    }
}

//! What is counted of requests, and how the node is: for Prometheus.
//!
//! What is counted with each request is looked up in a table that is made at the start, so that
//! the busiest requests cost one reading of the clock (when they came, their id says as well), one
//! short lock and two additions.

mod vitals;

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::web::HOSTED_PAGES;
use countersign_service::Service;
use hashbrown::HashMap;
use http::{Method, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::api;
use vitals::OfService;

/// The media type of what is answered (OpenMetrics 1.0).
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the buckets, in seconds: from what verifying takes to what a full queue of
/// passwords does.
const BUCKETS: [f64; 15] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0,
];

/// The first digits of statuses.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What a node counts. Clones share it.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    /// Requests that are not answered yet.
    open: Gauge,
    /// By route. Those it has are ours, so that the standard library's slower hash, which
    /// strangers cannot make collide, would guard nothing.
    api: HashMap<String, Vec<(Method, Series)>>,
    /// In the order of [`HOSTED_PAGES`].
    pages: Vec<Series>,
    other: Series,
}

/// What is counted of one operation.
#[derive(Clone)]
struct Series {
    seconds: Histogram,
    /// By the first digit of the status.
    answers: [Counter; 5],
}

/// A hosted page, as an extension of its answer: its place among [`HOSTED_PAGES`].
#[derive(Clone, Copy)]
pub(crate) struct Page(pub(crate) usize);

type Labels<const N: usize> = [(&'static str, String); N];

impl Metrics {
    /// Of a node that has counted nothing yet.
    #[must_use]
    pub fn new(service: &Service) -> Self {
        let mut registry = Registry::with_prefix("countersign");
        let seconds = Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let (answers, open) = (Family::default(), Gauge::default());
        registry.register_with_unit(
            "request_duration",
            "Time from a request's headers to its answer's",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register("requests", "Requests that were answered", answers.clone());
        registry.register("requests_open", "Requests not answered yet", open.clone());
        registry.register_collector(Box::new(OfService(service.clone())));
        let series = |operation: &str| Series::of(operation, &seconds, &answers);
        let mut api: HashMap<_, Vec<_>> = HashMap::new();
        for (method, route, operation) in api::operations() {
            api.entry(route)
                .or_default()
                .push((method, series(&operation)));
        }
        Self(Arc::new(Inner {
            api,
            pages: HOSTED_PAGES
                .map(|page| series(&format!("page_{}", page.replace('-', "_"))))
                .into(),
            other: series("other"),
            registry,
            open,
        }))
    }

    /// Notes that a request came. It is open until this is dropped.
    pub(crate) fn begin(&self) -> Open<'_> {
        self.0.open.inc();
        Open(&self.0.open)
    }

    /// Notes that a request was answered.
    pub(crate) fn answered(&self, what: What<'_>, status: StatusCode, took: Duration) {
        let series = self.series(what);
        series.seconds.observe(took.as_secs_f64());
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len());
        series.answers[class - 1].inc();
    }

    fn series(&self, what: What<'_>) -> &Series {
        let inner = &self.0;
        if let Some(Page(index)) = what.page {
            return inner.pages.get(index).unwrap_or(&inner.other);
        }
        let Some((method, route)) = what.operation else {
            return &inner.other;
        };
        let mut known = inner.api.get(route).into_iter().flatten();
        let known = known.find(|(known, _)| known == method);
        known.map_or(&inner.other, |(_, series)| series)
    }

    /// All that is counted, and how the node is, as [`MEDIA_TYPE`].
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.0.registry).expect("a text takes whatever is written into it");
        text
    }
}

/// What was asked for.
#[derive(Clone, Copy)]
pub(crate) struct What<'a> {
    /// The method and the route under which it is described.
    pub(crate) operation: Option<(&'a Method, &'a str)>,
    pub(crate) page: Option<Page>,
}

/// A request that is not answered yet, or given up.
pub(crate) struct Open<'a>(&'a Gauge);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Series {
    fn of<C: Fn() -> Histogram>(
        operation: &str,
        seconds: &Family<Labels<1>, Histogram, C>,
        answers: &Family<Labels<2>, Counter>,
    ) -> Self {
        let labels = [("operation", operation.to_owned())];
        let seconds = seconds.get_or_create_owned(&labels);
        let [operation] = labels;
        let answers = CLASSES.map(|class| {
            let status = ("status", class.to_owned());
            answers.get_or_create_owned(&[operation.clone(), status])
        });
        Self { seconds, answers }
    }
}

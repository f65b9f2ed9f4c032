//! What is counted of requests: how many are open, and how long those took that were answered.
//!
//! All cores count the busiest requests in the same few numbers. So there is no lock, and a
//! duration is counted once, in what all that is said of it can be read from: two additions, beside
//! the two for what is open. With the one reading of the clock that is less than a hundredth of
//! verifying.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use countersign_domain::web::HOSTED_PAGES;
use hashbrown::HashMap;
use http::{Method, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::api;

/// Upper ends of the buckets: from what verifying takes to what a full queue of passwords does.
const BUCKETS: [Duration; 15] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
];

/// The first digits of statuses.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The label of none.
type NoLabels = [(&'static str, &'static str); 0];

/// All requests to a node.
pub(crate) struct Requests {
    /// Those that are not answered yet.
    open: Alone<AtomicI64>,
    series: Vec<Series>,
    /// Places in `series`, by route. The routes it has are ours, so that the standard library's
    /// slower hash, which strangers cannot make collide, would guard nothing.
    api: HashMap<String, Vec<(Method, usize)>>,
    /// The place in `series` of the first of [`HOSTED_PAGES`]; the others follow.
    pages: usize,
    /// The place in `series` of what is no operation.
    other: usize,
}

/// What each request writes, apart in memory from what each only reads: whoever writes has all
/// other cores fetch anew what lies beside it.
#[repr(align(128))]
struct Alone<T>(T);

/// Requests for one operation.
struct Series {
    operation: String,
    /// By the first digit of the status.
    answers: [Durations; CLASSES.len()],
}

/// How long some requests took.
#[derive(Default)]
struct Durations {
    /// All together, in nanoseconds.
    sum: AtomicU64,
    /// How many took no longer than the end of their bucket and longer than the one before; the
    /// last has no end.
    buckets: [AtomicU64; BUCKETS.len() + 1],
}

/// A hosted page, as an extension of its answer: its place among [`HOSTED_PAGES`].
#[derive(Clone, Copy)]
pub(crate) struct Page(pub(crate) usize);

/// What was asked for.
#[derive(Clone, Copy)]
pub(crate) struct What<'a> {
    /// The method and the route under which it is described.
    pub(crate) operation: Option<(&'a Method, &'a str)>,
    pub(crate) page: Option<Page>,
}

/// A request that is not answered yet, or given up.
pub(crate) struct Open<'a>(&'a AtomicI64);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Requests {
    /// None yet.
    pub(crate) fn new() -> Self {
        let mut series = Vec::new();
        let mut add = |operation: String| {
            series.push(Series {
                operation,
                answers: Default::default(),
            });
            series.len() - 1
        };
        let mut api: HashMap<_, Vec<_>> = HashMap::new();
        for (method, route, operation) in api::operations() {
            let place = add(operation);
            api.entry(route).or_default().push((method, place));
        }
        let other = add("other".to_owned());
        for page in HOSTED_PAGES {
            add(format!("page_{}", page.replace('-', "_")));
        }
        Self {
            open: Alone(AtomicI64::new(0)),
            series,
            api,
            pages: other + 1,
            other,
        }
    }

    /// Notes that a request came. It is open until this is dropped.
    pub(crate) fn begin(&self) -> Open<'_> {
        let Alone(open) = &self.open;
        open.fetch_add(1, Ordering::Relaxed);
        Open(open)
    }

    /// Notes that a request was answered.
    pub(crate) fn answered(&self, what: What<'_>, status: StatusCode, took: Duration) {
        let series = self.series.get(self.place(what));
        let series = series.unwrap_or(&self.series[self.other]);
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len());
        series.answers[class - 1].add(took);
    }

    fn place(&self, what: What<'_>) -> usize {
        if let Some(Page(page)) = what.page {
            return self.pages + page;
        }
        let Some((method, route)) = what.operation else {
            return self.other;
        };
        let mut known = self.api.get(route).into_iter().flatten();
        let known = known.find(|(known, _)| known == method);
        known.map_or(self.other, |(_, place)| *place)
    }
}

impl Durations {
    fn add(&self, took: Duration) {
        let bucket = BUCKETS.iter().position(|end| took <= *end);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.sum.fetch_add(nanos, Ordering::Relaxed);
        self.buckets[bucket.unwrap_or(BUCKETS.len())].fetch_add(1, Ordering::Relaxed);
    }

    /// The seconds of all, and how many are in each bucket. What is counted meanwhile may be in
    /// the one and not yet in the other.
    fn read(&self) -> (f64, [u64; BUCKETS.len() + 1]) {
        let sum = Duration::from_nanos(self.sum.load(Ordering::Relaxed));
        let buckets = &self.buckets;
        let buckets = std::array::from_fn(|bucket| buckets[bucket].load(Ordering::Relaxed));
        (sum.as_secs_f64(), buckets)
    }
}

/// What is told of requests.
pub(super) struct OfRequests(pub(super) Arc<Requests>);

impl fmt::Debug for OfRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfRequests")
    }
}

impl Collector for OfRequests {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Requests {
            open: Alone(open),
            series,
            ..
        } = &*self.0;
        // Each is read once, so that both metrics agree.
        let read = |series: &Series| series.answers.each_ref().map(Durations::read);
        let read: Vec<_> = series.iter().map(read).collect();
        let read = || series.iter().zip(&read);

        let help = "Time from a request's headers to its answer's";
        let unit = Some(&Unit::Seconds);
        let mut durations =
            encoder.encode_descriptor("request_duration", help, unit, MetricType::Histogram)?;
        for (series, answers) in read() {
            let seconds = answers.iter().map(|(seconds, _)| seconds).sum();
            let ends = BUCKETS.iter().map(Duration::as_secs_f64);
            let ends = ends.chain([f64::INFINITY]).enumerate();
            let in_bucket = |bucket: usize| answers.iter().map(move |(_, buckets)| buckets[bucket]);
            let buckets = ends.map(|(bucket, end)| (end, in_bucket(bucket).sum()));
            let buckets: Vec<(f64, u64)> = buckets.collect();
            let count = buckets.iter().map(|(_, count)| count).sum();
            let labels = [("operation", series.operation.as_str())];
            let mut one = durations.encode_family(&labels)?;
            one.encode_histogram::<NoLabels>(seconds, count, &buckets, None)?;
        }

        let help = "Requests that were answered";
        let mut answered =
            encoder.encode_descriptor("requests", help, None, MetricType::Counter)?;
        for (series, answers) in read() {
            for ((_, buckets), class) in answers.iter().zip(CLASSES) {
                let count: u64 = buckets.iter().sum();
                let operation = ("operation", series.operation.as_str());
                let labels = [operation, ("status", class)];
                let mut one = answered.encode_family(&labels)?;
                one.encode_counter::<NoLabels, u64, f64>(&count, None)?;
            }
        }

        let help = "Requests not answered yet";
        let mut gauge =
            encoder.encode_descriptor("requests_open", help, None, MetricType::Gauge)?;
        gauge.encode_gauge(&open.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_first_bucket_that_does_not_end_before_it() {
        let durations = Durations::default();
        let nanosecond = Duration::from_nanos(1);
        for took in [
            Duration::ZERO,
            BUCKETS[0],
            BUCKETS[0] + nanosecond,
            BUCKETS[14],
            BUCKETS[14] + nanosecond,
            Duration::MAX,
        ] {
            durations.add(took);
        }
        let (_, buckets) = durations.read();
        let mut expected = [0; 16];
        [expected[0], expected[1], expected[14], expected[15]] = [2, 1, 1, 2];
        assert_eq!(buckets, expected);
    }

    #[test]
    fn durations_add_up() {
        let durations = Durations::default();
        for millis in [1, 20, 300] {
            durations.add(Duration::from_millis(millis));
        }
        assert_eq!(durations.read().0, 0.321);
    }

    #[test]
    fn the_ends_of_buckets_grow() {
        assert!(BUCKETS.is_sorted());
    }
}

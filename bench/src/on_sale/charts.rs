//! What is drawn: of which figures, in which units.

use super::operation::Operation;
use super::results::{Results, Series};
use super::watch::GAUGES;

/// The least that a logarithmic axis shows of requests, and of milliseconds.
const LEAST_RATE: f64 = 0.5;
const LEAST_MILLIS: f64 = 0.02;

/// What people do, as far as lines can be told from each other.
const SHOWN: [Operation; 7] = [
    Operation::Verify,
    Operation::Exchange,
    Operation::LogIn,
    Operation::LogInKnown,
    Operation::BringCode,
    Operation::Redeem,
    Operation::EnterForm,
];

/// A chart over the day.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    /// Where its axis begins, if it is logarithmic.
    pub(super) log_from: Option<f64>,
    pub(super) lines: Vec<Line>,
}

/// A line in it.
pub(super) struct Line {
    /// None has no name of its own: it belongs to the one behind it.
    pub(super) name: Option<&'static str>,
    /// Those of one number have one colour.
    pub(super) number: usize,
    pub(super) thin: bool,
    /// Seconds of the day, each with a value.
    pub(super) points: Vec<(f64, f64)>,
}

/// All charts, by the file that they are in.
pub(super) fn all(results: &Results) -> [(&'static str, Vec<Chart>); 4] {
    let p50 = latencies(results, "Half of the answers took less than", |it| &it.p50);
    let p99 = latencies(results, "99 of 100 answers took less than", |it| &it.p99);
    [
        ("requests.svg", vec![requests(results)]),
        ("latencies.svg", vec![p50, p99]),
        ("shed.svg", vec![shed(results), refused(results)]),
        ("server.svg", vec![memory(results), queues(results)]),
    ]
}

impl Line {
    fn new(name: &'static str, number: usize, points: Vec<(f64, f64)>) -> Self {
        Self {
            name: Some(name),
            number,
            thin: false,
            points,
        }
    }

    /// Of what was counted in each second.
    fn counts(name: &'static str, number: usize, counts: &[u64]) -> Self {
        let points = counts.iter().enumerate();
        let points = points.map(|(second, count)| (middle(second), *count as f64));
        Self::new(name, number, points.collect())
    }
}

fn middle(second: usize) -> f64 {
    second as f64 + 0.5
}

fn requests(results: &Results) -> Chart {
    let mut lines = Vec::new();
    for (number, operation) in SHOWN.into_iter().enumerate() {
        let series = results.of(operation);
        lines.push(Line {
            name: None,
            thin: true,
            ..Line::counts(series.name, number, &series.offered)
        });
        lines.push(Line::counts(series.name, number, &series.served));
    }
    Chart {
        title: "Requests of people: asked (thin) and served",
        unit: "a second",
        log_from: Some(LEAST_RATE),
        lines,
    }
}

fn latencies(
    results: &Results,
    title: &'static str,
    of: fn(&Series) -> &Vec<Option<f64>>,
) -> Chart {
    let lines = SHOWN.into_iter().enumerate().map(|(number, operation)| {
        let series = results.of(operation);
        let points = of(series).iter().enumerate();
        let points = points.filter_map(|(second, millis)| Some((middle(second), (*millis)?)));
        Line::new(series.name, number, points.collect())
    });
    Chart {
        title,
        unit: "ms",
        log_from: Some(LEAST_MILLIS),
        lines: lines.collect(),
    }
}

fn shed(results: &Results) -> Chart {
    let all = results.operations.iter();
    let shed = all.filter(|series| series.shed.iter().any(|count| *count > 0));
    let lines = shed.enumerate();
    let lines = lines.map(|(number, it)| Line::counts(it.name, number, &it.shed));
    Chart {
        title: "Told to come back, with Retry-After",
        unit: "a second",
        log_from: None,
        lines: lines.collect(),
    }
}

fn refused(results: &Results) -> Chart {
    let bots = Operation::BOTS.into_iter().enumerate();
    let lines = bots.map(|(number, operation)| {
        let series = results.of(operation);
        Line::counts(series.name, number, &series.refused)
    });
    Chart {
        title: "Bots that were refused",
        unit: "a second",
        log_from: Some(LEAST_RATE),
        lines: lines.collect(),
    }
}

fn memory(results: &Results) -> Chart {
    let points = results.looks.iter().map(|look| (look.at, look.memory));
    Chart {
        title: "Memory of the server",
        unit: "MiB",
        log_from: None,
        lines: vec![Line::new("resident", 0, points.collect())],
    }
}

fn queues(results: &Results) -> Chart {
    let lines = GAUGES.iter().enumerate().map(|(number, (_, name))| {
        let points = results.looks.iter();
        let points = points.map(|look| (look.at, look.gauges[number]));
        Line::new(name, number, points.collect())
    });
    Chart {
        title: "What waits in the server",
        unit: "at once",
        log_from: None,
        lines: lines.collect(),
    }
}

//! What is claimed, beside what came out.

mod others;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::Results;
use super::rows::P99;
use super::statistics::Measured;
use super::turns;

/// Why a claim that is not met stays: its name, and the record of the decision below
/// `docs/decisions`.
const REASONS: [(&str, &str); 11] = [
    ("verify", CONSTANTLY),
    ("verify-p99", CONSTANTLY),
    ("forward-auth", CONSTANTLY),
    ("forward-auth-cookie", CONSTANTLY),
    ("mint", CONSTANTLY),
    ("exchange", DATABASE),
    ("redeem", DATABASE),
    ("redeem-p99", DATABASE),
    ("log-in", MEMORY),
    ("log-in-verify", MEMORY),
    ("memory", MEMORY),
];
const DATABASE: &str = "0022-what-the-database-costs-a-request.md";
const MEMORY: &str = "0023-memory-and-what-is-left-of-it.md";
const CONSTANTLY: &str = "0024-what-is-asked-constantly.md";

/// A claim and its figure.
#[derive(Debug, Serialize)]
pub(super) struct Claim {
    /// What it is called in [`REASONS`].
    pub(super) name: String,
    pub(super) what: String,
    pub(super) against: &'static str,
    pub(super) target: Target,
    pub(super) unit: Unit,
    pub(super) measured: Measured,
}

/// What is claimed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// Of what a figure is.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Ratio,
    Millis,
    Mib,
    Bytes,
}

impl Claim {
    pub(super) fn is_met(&self) -> bool {
        match self.target {
            Target::AtLeast(least) => self.measured.value >= least,
            Target::AtMost(most) => self.measured.value <= most,
        }
    }

    /// The record of the decision that says why it stays though it is not met.
    pub(super) fn reason(&self) -> Option<&'static str> {
        let mut reasons = REASONS.iter();
        let of = |(name, record): &(&str, &'static str)| (*name == self.name).then_some(*record);
        reasons.find_map(of)
    }
}

/// All claims about what was measured, in the order of the rows.
pub(super) fn all(results: &Results) -> Vec<Claim> {
    let http = results.http.iter().flat_map(over_http);
    let itself = [
        results.sessions.as_ref().map(others::sessions),
        results.revocations.as_ref().map(others::revocations),
    ];
    let rest = [
        results.log_ins.as_ref().map(others::log_ins),
        results.start.as_ref().map(others::start),
    ];
    http.chain(itself.into_iter().flatten().flatten())
        .chain(results.token.as_ref().map(others::token))
        .chain(rest.into_iter().flatten().flatten())
        .collect()
}

/// How much of hyper's requests a second a row reaches, and within what its answers come.
fn over_http(row: &turns::Measured) -> Vec<Claim> {
    let (subject, baseline, claimed) = (&row.subject, &row.baseline, row.claimed);
    let mut claims = vec![Claim {
        name: row.name.to_owned(),
        what: row.what.to_owned(),
        against: "hyper",
        target: Target::AtLeast(claimed.share),
        unit: Unit::Ratio,
        measured: Measured::ratio(&subject.rates(), &baseline.rates()),
    }];
    claims.extend(claimed.p99.map(|bound| {
        let (against, target, unit, measured) = match bound {
            P99::Times(times) => {
                let ratio = Measured::ratio(&subject.p99(), &baseline.p99());
                ("hyper", Target::AtMost(times), Unit::Ratio, ratio)
            }
            P99::Millis(most) => {
                let took: Vec<_> = subject.p99().iter().map(|micros| micros / 1000.0).collect();
                let took = Measured::median(&took);
                ("–", Target::AtMost(most), Unit::Millis, took)
            }
        };
        Claim {
            name: format!("{}-p99", row.name),
            what: format!("{}, p99 at {} a second", row.what, row.offered),
            against,
            target,
            unit,
            measured,
        }
    }));
    claims
}

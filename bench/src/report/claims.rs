//! What is claimed, beside what came out.

use serde::Serialize;

use super::Results;
use super::rows::P99;
use super::side::Latency;
use super::statistics::Measured;
use super::turns;

/// A claim and its figure.
#[derive(Debug, Serialize)]
pub(super) struct Claim {
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
}

impl Claim {
    pub(super) fn is_met(&self) -> bool {
        match self.target {
            Target::AtLeast(least) => self.measured.value >= least,
            Target::AtMost(most) => self.measured.value <= most,
        }
    }
}

/// All claims about what was measured, in the order of the rows.
pub(super) fn all(results: &Results) -> Vec<Claim> {
    let mut claims: Vec<_> = results.http.iter().flat_map(over_http).collect();
    let mut claim = |what: &str, against, target, unit, measured| {
        claims.push(Claim {
            what: what.to_owned(),
            against,
            target,
            unit,
            measured,
        });
    };
    if let Some(log_ins) = &results.log_ins {
        let rate = Measured::ratio(&log_ins.log_ins, &log_ins.hashes);
        let against = "one core ÷ Argon2id's time";
        claim(
            "log-ins with a password",
            against,
            Target::AtLeast(0.95),
            Unit::Ratio,
            rate,
        );
        let p99 =
            |turns: &[Latency]| -> Vec<f64> { turns.iter().map(|turn| turn.p99_micros).collect() };
        let ratio = Measured::ratio(&p99(&log_ins.meanwhile), &p99(&log_ins.idle));
        let what = "verify meanwhile, p99";
        claim(what, "idle", Target::AtMost(2.0), Unit::Ratio, ratio);
    }
    if let Some(opening) = &results.token {
        let ratio = Measured::ratio(&opening.token, &opening.cipher);
        let what = "opening a session token in process";
        claim(
            what,
            "the bare cipher",
            Target::AtMost(3.0),
            Unit::Ratio,
            ratio,
        );
    }
    if let Some(start) = &results.start {
        let millis = Measured::median(&start.millis);
        claim(
            "start to first answer",
            "–",
            Target::AtMost(50.0),
            Unit::Millis,
            millis,
        );
        let resident: Vec<_> = start.memory.iter().map(|memory| memory.resident).collect();
        let memory = Measured::median(&resident);
        claim("idle memory", "–", Target::AtMost(15.0), Unit::Mib, memory);
        let binary = Measured::median(&[start.binary]);
        claim(
            "stripped program",
            "–",
            Target::AtMost(20.0),
            Unit::Mib,
            binary,
        );
    }
    claims
}

fn over_http(measured: &turns::Measured) -> Vec<Claim> {
    let turns::Measured {
        subject,
        baseline,
        claimed,
        ..
    } = measured;
    let claim = |what: String, against, target, unit, measured| Claim {
        what,
        against,
        target,
        unit,
        measured,
    };
    let rates = Measured::ratio(&subject.rates(), &baseline.rates());
    let what = measured.what;
    let mut claims = vec![claim(
        what.to_owned(),
        "hyper",
        Target::AtLeast(claimed.share),
        Unit::Ratio,
        rates,
    )];
    let p99 = format!("{what}, p99 at {} a second", measured.offered);
    claims.extend(claimed.p99.map(|bound| match bound {
        P99::Times(times) => {
            let ratio = Measured::ratio(&subject.p99(), &baseline.p99());
            claim(p99, "hyper", Target::AtMost(times), Unit::Ratio, ratio)
        }
        P99::Millis(millis) => {
            let took: Vec<_> = subject.p99().iter().map(|micros| micros / 1000.0).collect();
            let took = Measured::median(&took);
            claim(p99, "–", Target::AtMost(millis), Unit::Millis, took)
        }
    }));
    claims
}

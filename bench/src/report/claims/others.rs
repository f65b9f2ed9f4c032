//! What is claimed beside the rows that stand against hyper.

use super::super::itself::Both;
use super::super::itself::revocations::Revocations;
use super::super::itself::sessions::Sessions;
use super::super::log_ins::LogIns;
use super::super::side::Latency;
use super::super::start::Start;
use super::super::statistics::Measured;
use super::super::token::Opening;
use super::{Claim, Target, Unit};

/// What a session that was issued may leave behind in memory: less than the smallest thing there
/// is. Memory comes in pages, so nothing is seen as nearly nothing.
const NOTHING: f64 = 1.0;

/// Very many sessions change nothing.
pub(super) fn sessions(sessions: &Sessions) -> Vec<Claim> {
    let issued = sessions.issued();
    vec![
        Claim {
            name: "sessions".to_owned(),
            what: format!("verify, {issued} sessions issued"),
            against: "itself with one",
            target: Target::AtLeast(0.98),
            unit: Unit::Ratio,
            measured: ratio(&sessions.both),
        },
        Claim {
            name: "sessions-memory".to_owned(),
            what: format!("memory of each of {} sessions", sessions.exchanged),
            against: "–",
            target: Target::AtMost(NOTHING),
            unit: Unit::Bytes,
            measured: Measured::median(&[sessions.bytes_each()]),
        },
    ]
}

/// Very many revocations change little.
pub(super) fn revocations(revocations: &Revocations) -> Vec<Claim> {
    vec![
        Claim {
            name: "revocations".to_owned(),
            what: format!("verify, {} live revocations", revocations.live),
            against: "itself with none",
            target: Target::AtLeast(0.93),
            unit: Unit::Ratio,
            measured: ratio(&revocations.both),
        },
        Claim {
            name: "revocations-memory".to_owned(),
            what: "memory of each live revocation".to_owned(),
            against: "–",
            target: Target::AtMost(64.0),
            unit: Unit::Bytes,
            measured: Measured::median(&[revocations.bytes_each()]),
        },
    ]
}

fn ratio(both: &Both) -> Measured {
    Measured::ratio(&both.with.rates(), &both.without.rates())
}

/// Opening a token costs little more than its cipher.
pub(super) fn token(opening: &Opening) -> Claim {
    Claim {
        name: "token".to_owned(),
        what: "opening a session token in process".to_owned(),
        against: "the bare cipher",
        target: Target::AtMost(3.0),
        unit: Unit::Ratio,
        measured: Measured::ratio(&opening.token, &opening.cipher),
    }
}

/// Log-ins are as many as Argon2id allows, and disturb nobody.
pub(super) fn log_ins(log_ins: &LogIns) -> Vec<Claim> {
    let p99 = |turns: &[Latency]| turns.iter().map(|turn| turn.p99_micros).collect::<Vec<_>>();
    vec![
        Claim {
            name: "log-in".to_owned(),
            what: "log-ins with a password".to_owned(),
            against: "one core ÷ Argon2id's time",
            target: Target::AtLeast(0.95),
            unit: Unit::Ratio,
            measured: Measured::ratio(&log_ins.log_ins, &log_ins.hashes),
        },
        Claim {
            name: "log-in-verify".to_owned(),
            what: "verify meanwhile, p99".to_owned(),
            against: "idle",
            target: Target::AtMost(2.0),
            unit: Unit::Ratio,
            measured: Measured::ratio(&p99(&log_ins.meanwhile), &p99(&log_ins.idle)),
        },
    ]
}

/// It starts fast and is small.
pub(super) fn start(start: &Start) -> Vec<Claim> {
    let resident: Vec<_> = start.memory.iter().map(|memory| memory.resident).collect();
    let claim = |name: &str, what: &str, most, unit, measured| Claim {
        name: name.to_owned(),
        what: what.to_owned(),
        against: "–",
        target: Target::AtMost(most),
        unit,
        measured,
    };
    let (millis, memory) = (Measured::median(&start.millis), Measured::median(&resident));
    let program = Measured::median(&[start.binary]);
    vec![
        claim("start", "start to first answer", 50.0, Unit::Millis, millis),
        claim("memory", "idle memory", 15.0, Unit::Mib, memory),
        claim("program", "stripped program", 20.0, Unit::Mib, program),
    ]
}

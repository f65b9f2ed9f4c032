use serde_json::Value;

use super::*;
use crate::report::claims;
use crate::report::counted::{Counting, Counts};
use crate::report::flame::Flames;
use crate::report::itself::Both;
use crate::report::itself::revocations::Revocations;
use crate::report::itself::sessions::Sessions;
use crate::report::log_ins::LogIns;
use crate::report::machine::Machine;
use crate::report::plan::Plan;
use crate::report::plot;
use crate::report::process::Memory;
use crate::report::rows::{Claimed, P99};
use crate::report::side::{Latency, Side, Turn};
use crate::report::start::Start;
use crate::report::token::Opening;
use crate::report::turns;
use crate::report::wrk::Answered;

fn side(rates: [u64; 3], p99_micros: f64) -> Side {
    let turn = |requests| Turn {
        answered: Answered {
            requests,
            micros: 1_000_000,
            broken: 0,
            refused: 0,
        },
        cpu: 0.99,
    };
    let latency = Latency {
        answers: 1000,
        p50_micros: 80.0,
        p99_micros,
        most_micros: 900.0,
        lag_p99_micros: 7.0,
    };
    Side {
        turns: rates.map(turn).into(),
        latencies: vec![latency; 3],
        counted: None,
    }
}

fn both() -> Both {
    Both {
        without: side([100_000, 100_000, 100_000], 100.0),
        with: side([94_000, 95_000, 99_000], 100.0),
    }
}

fn row(name: &'static str, what: &'static str, share: f64, p99: P99) -> turns::Measured {
    turns::Measured {
        name,
        what,
        subject: side([80_000, 90_000, 95_000], 150.0),
        baseline: side([100_000, 100_000, 100_000], 100.0),
        offered: 20_000,
        claimed: Claimed {
            share,
            p99: Some(p99),
        },
    }
}

fn results(out: &Path) -> Results {
    let latency = |p99_micros| Latency {
        answers: 600,
        p50_micros: 100.0,
        p99_micros,
        most_micros: 5000.0,
        lag_p99_micros: 7.0,
    };
    let memory = Memory {
        resident: 16.0,
        proportional: 14.5,
    };
    let mut results = Results {
        machine: Machine {
            date: "2026-01-02T03:04:05Z".to_owned(),
            commit: "0123456789ab".to_owned(),
            processor: "A Fast One".to_owned(),
            cores: 2,
            memory_mib: 4096,
            kernel: "6.1".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            wrk: "4.1.0".to_owned(),
            load: 0.05,
        },
        plan: Plan {
            binary: "countersign".into(),
            out: out.to_owned(),
            rows: vec!["verify".to_owned(), "redeem".to_owned()],
            turns: 3,
            seconds: 1,
            latencies: 3,
            users: 10,
            sessions: 20,
            revocations: 30,
            server_core: 0,
            load_core: 1,
        },
        claims: Vec::new(),
        answer_bytes: 400,
        counting: Counting::NotAvailable {
            why: "no valgrind".to_owned(),
        },
        flames: Flames::Drawn,
        http: vec![
            row("verify", "verify a session", 0.90, P99::Times(1.3)),
            row("redeem", "redeem a token", 0.95, P99::Millis(15.0)),
        ],
        log_ins: Some(LogIns {
            hashes: vec![40.0, 40.0],
            log_ins: vec![38.0, 40.0],
            idle: vec![latency(100.0)],
            meanwhile: vec![latency(250.0)],
        }),
        token: Some(Opening {
            token: vec![700.0],
            cipher: vec![350.0],
            bytes: 150,
        }),
        sessions: Some(Sessions {
            exchanged: 1 << 20,
            sealed: 10,
            resident: [20.0, 20.5],
            both: both(),
        }),
        revocations: Some(Revocations {
            live: 1 << 20,
            loaded_millis: 70.0,
            resident: [20.0, 90.0],
            both: both(),
        }),
        start: Some(Start {
            millis: vec![20.0, 55.0, 60.0],
            memory: vec![memory],
            binary: 19.0,
        }),
    };
    results.claims = claims::all(&results);
    results
}

#[test]
fn a_claim_stands_beside_what_was_measured() {
    let page = page(&results(Path::new("docs")));
    for row in [
        "| verify a session | hyper | ≥ 0.90 | 0.90 | 0.80 – 0.95 | met |",
        "| verify a session, p99 at 20000 a second | hyper | ≤ 1.30 | 1.50 | 1.50 – 1.50 | **not met**",
        "| redeem a token | hyper | ≥ 0.95 | 0.90 | 0.80 – 0.95 | **not met**",
        "| redeem a token, p99 at 20000 a second | – | ≤ 15.0 ms | 0.1 ms | 0.1 ms – 0.1 ms | met |",
        "| log-ins with a password | one core ÷ Argon2id's time | ≥ 0.95 | 0.97 | 0.95 – 1.00 | met |",
        "| verify meanwhile, p99 | idle | ≤ 2.00 | 2.50 | 2.50 – 2.50 | **not met**",
        "| verify, 1048586 sessions issued | itself with one | ≥ 0.98 | 0.95 | 0.94 – 0.99 | **not met**",
        "| memory of each of 1048576 sessions | – | ≤ 4.0 B | 0.5 B | 0.5 B – 0.5 B | met |",
        "| verify, 1048576 live revocations | itself with none | ≥ 0.93 | 0.95 | 0.94 – 0.99 | met |",
        "| memory of each live revocation | – | ≤ 64.0 B | 70.0 B | 70.0 B – 70.0 B | **not met**",
        "| opening a session token in process | the bare cipher | ≤ 3.00 | 2.00 | 2.00 – 2.00 | met |",
        "| start to first answer | – | ≤ 50.0 ms | 55.0 ms | 20.0 ms – 60.0 ms | **not met**",
        "| idle memory | – | ≤ 15.0 MiB | 16.0 MiB | 16.0 MiB – 16.0 MiB | **not met**",
        "| stripped program | – | ≤ 20.0 MiB | 19.0 MiB | 19.0 MiB – 19.0 MiB | met |",
    ] {
        assert!(page.contains(row), "{row} is not in\n{page}");
    }
    let line = line(&results(Path::new("docs")).claims[0]);
    assert_eq!(
        line,
        "verify a session / hyper: 0.90 (0.80 – 0.95), claimed ≥ 0.90: met"
    );
}

#[test]
fn what_is_not_met_leads_to_the_decision_that_says_why() {
    let claims = results(Path::new("docs")).claims;
    let (met, not_met) = (&claims[0], &claims[1]);
    let record = Some("0099-as-fast-as-it-gets.md");
    let expected = "**not met**, [why](../decisions/0099-as-fast-as-it-gets.md)";
    assert_eq!(verdict(not_met, record), expected);
    assert_eq!(verdict(not_met, None), "**not met**");
    assert_eq!(verdict(met, record), "met");
}

#[test]
fn a_report_says_where_and_how_it_was_measured() {
    let mut results = results(Path::new("docs"));
    let told = page(&results);
    for part in [
        "- commit: 0123456789ab\n",
        "- kernel: 6.1\n",
        "- wrk: 4.1.0\n",
        "- cores: servers on core 0, load on core 1\n",
        "- counts: not available: no valgrind\n",
        "`cargo xtask bench --turns 3 --seconds 1 --latencies 3 --users 10 --sessions 20 --revocations 30 --rows verify,redeem`",
        "| verify a session | 90000 / 100000 | 11.0 / 9.9 | 99 % / 99 % | 20000 | 0.080 / 0.080 | 0.150 / 0.100 | 0.007 / 0.007 |",
        "coordinated omission",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    results.plan.load_core = 0;
    assert!(page(&results).contains("share core 0"));
}

#[test]
fn a_report_is_a_page_raw_figures_and_plots() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("benchmarks");
    let results = results(&out);
    write(&results).unwrap();
    plot::write(&results).unwrap();
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert!(read("README.md").starts_with("# Benchmarks\n"));
    let raw: Value = serde_json::from_str(&read("results.json")).unwrap();
    assert_eq!(
        raw["http"][0]["subject"]["turns"][0]["answered"]["requests"],
        80_000
    );
    assert_eq!(raw["claims"][0]["target"]["at_least"], 0.9);
    assert_eq!(raw["claims"][0]["measured"]["value"], 0.9);
    for plot in ["ratios.svg", "latencies.svg"] {
        let svg = read(plot);
        assert!(svg.contains("<svg") && svg.contains("verify") && svg.contains("redeem"));
    }
}

#[test]
fn what_was_counted_is_in_a_table_of_its_own() {
    let mut results = results(Path::new("docs"));
    assert!(!page(&results).contains("## Counts"));
    let counts = |instructions| Counts {
        instructions,
        allocations: 12.0,
        bytes: 3456.0,
    };
    results.http[0].subject.counted = Some(counts(40_000.4));
    results.http[0].baseline.counted = Some(counts(9000.0));
    let page = page(&results);
    let row = "| verify a session | 40000 / 9000 | 12 / 12 | 3456 / 3456 |\n";
    assert!(page.contains(row), "{row} is not in\n{page}");
    assert!(!page.contains("| redeem a token | – "));
}

#[test]
fn flame_graphs_or_why_there_are_none_are_on_the_page() {
    let mut results = results(Path::new("docs"));
    assert!(page(&results).contains("![Flame graph of verify](flame-verify.svg)"));
    results.flames = Flames::NotAvailable {
        why: "no perf".to_owned(),
    };
    let told = page(&results);
    assert!(told.contains("Not to be seen on this machine: no perf.") && !told.contains("flame-"));
}

#[test]
fn rows_that_were_not_measured_are_not_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let mut results = results(folder.path());
    results.http.clear();
    (results.log_ins, results.token, results.start) = (None, None, None);
    (results.sessions, results.revocations) = (None, None);
    results.flames = Flames::NotChosen;
    results.claims = claims::all(&results);
    write(&results).unwrap();
    plot::write(&results).unwrap();
    let page = page(&results);
    assert!(!page.contains("svg") && !page.contains("Others") && page.contains("## Machine"));
    assert!(!folder.path().join("ratios.svg").exists());
}

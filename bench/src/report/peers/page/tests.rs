use super::*;
use crate::report::machine::Machine;
use crate::report::peers::measure::LogIns;
use crate::report::peers::{Own, plan};
use crate::report::side::{Latency, Side, Turn};
use crate::report::wrk::Answered;

fn about(name: &'static str) -> About {
    About {
        name,
        version: "1.2.3".to_owned(),
        configuration: "as it comes",
        verify: "asks the database",
        log_in: "hashes",
    }
}

/// A turn of a second for each of these rates, and a turn of latencies.
fn side<const N: usize>(rates: [u64; N], p99_micros: f64) -> Side {
    let turn = |requests| Turn {
        answered: Answered {
            requests,
            micros: 1_000_000,
            broken: 0,
            refused: 0,
        },
        cpu: 0.5,
    };
    Side {
        turns: rates.map(turn).to_vec(),
        latencies: vec![Latency {
            answers: 100,
            p50_micros: 500.0,
            p99_micros,
            most_micros: 9_000.0,
            lag_p99_micros: 10.0,
        }],
        counted: None,
    }
}

fn starts(millis: f64) -> Starts {
    let memory = Memory {
        resident: 20.25,
        proportional: 18.5,
    };
    Starts {
        millis: vec![millis],
        memory: vec![memory],
    }
}

fn row(name: &'static str, log_ins: Option<LogIns>, sees_revocation: Option<bool>) -> Row {
    Row {
        about: about(name),
        verify: side([400, 500, 450], 7_500.0),
        beside: side([40_000, 50_000, 45_000], 250.0),
        offered: 225,
        log_ins,
        sees_revocation,
        starts: starts(900.0),
    }
}

fn results(rows: Vec<Row>) -> Results {
    Results {
        machine: Machine {
            date: "2026-01-01T00:00:00Z".to_owned(),
            commit: "0123456789ab".to_owned(),
            processor: "A Fast One".to_owned(),
            cores: 2,
            memory_mib: 1024,
            kernel: "6.1".to_owned(),
            rustc: "rustc 1.95".to_owned(),
            wrk: "4.1".to_owned(),
            load: 0.25,
        },
        plan: Plan {
            binary: "countersign".into(),
            tools: "tools".into(),
            out: "out".into(),
            peers: NAMES.map(str::to_owned).to_vec(),
            turns: 3,
            seconds: 1,
            log_in_seconds: 2,
            server_core: 0,
            load_core: 1,
        },
        countersign: Own {
            about: about("Countersign"),
            sees_revocation: Some(true),
            starts: starts(40.0),
        },
        rows,
        left_out: Vec::new(),
    }
}

#[test]
fn a_peer_stands_beside_countersign() {
    let log_ins = LogIns {
        peer: vec![5.0, 6.0, 7.0],
        beside: vec![48.0, 50.0, 49.0],
    };
    let table = table(&results(vec![row("slow one", Some(log_ins), Some(false))]));
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(
        lines[2],
        "| **Countersign** | 45000 | – | – | yes | 49.0 | – | 20.2 / 18.5 | 40 |"
    );
    assert_eq!(
        lines[3],
        "| slow one | 450 | 100 | 100 – 100 | **no** | 6.0 | 8.33 | 20.2 / 18.5 | 900 |"
    );
}

/// No figure is made up where a server has no such thing.
#[test]
fn who_has_no_log_in_has_no_figure_of_it() {
    let table = table(&results(vec![row("the limit", None, None)]));
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[2].contains("| yes | – | – |"), "{}", lines[2]);
    assert!(lines[3].contains("| – | – | – | 20.2"), "{}", lines[3]);
}

#[test]
fn the_page_says_who_was_measured_how_and_who_was_not() {
    let mut results = results(vec![row("slow one", None, Some(true))]);
    results.left_out.push(LeftOut {
        name: plan::GLEWLWYD,
        why: "there is no apt-get".to_owned(),
    });
    results.plan.peers = vec![plan::HYPER.to_owned(), plan::GLEWLWYD.to_owned()];
    let page = page(&results);
    for expected in [
        "| slow one | 225 | 0.50 | 7.50 | 0.50 | 0.25 | 1111 | 11 | 50 % / 50 % |\n",
        "- **slow one** 1.2.3\n  - configuration: as it comes\n  - verifying: asks the database\n",
        "- glewlwyd: there is no apt-get\n",
        "--log-in-seconds 2 --peers hyper,glewlwyd`",
        "- cores: servers on core 0, load on core 1\n",
        "## How it is fair",
    ] {
        assert!(page.contains(expected), "{expected:?} is not in\n{page}");
    }
}

/// A table's lines all have as many cells as its head.
#[test]
fn the_tables_are_whole() {
    let results = results(vec![row("one", None, None), row("two", None, Some(true))]);
    for table in [table(&results), latencies(&results.rows)] {
        let lines = table.lines().filter(|line| line.starts_with('|'));
        let cells: Vec<_> = lines.map(|line| line.matches('|').count()).collect();
        assert!(
            cells.len() >= 4 && cells.iter().all(|count| *count == 10),
            "{table}"
        );
    }
}

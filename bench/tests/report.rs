//! The report, made from the real server: a short one, so that what measures is known to work
//! before somebody needs it. What it says of speed is nobody's business here.

mod countersign;

use std::process::Command;

use serde_json::Value;

/// One of each kind. A row over HTTP is measured, counted and looked into alike.
const ROWS: &str = "verify,flames,counts,token,sessions,revocations,start";

#[test]
fn every_kind_of_row_is_measured_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = Command::new(env!("CARGO_BIN_EXE_countersign-bench"));
    report.args(["report", "--quick", "--turns", "1", "--users", "50"]);
    report.args(["--sessions", "20000", "--revocations", "5000"]);
    report
        .args(["--rows", ROWS, "--binary"])
        .arg(countersign::binary());
    let output = report.arg("--out").arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let results: Value = serde_json::from_str(&read("results.json")).unwrap();
    let claims = results["claims"].as_array().unwrap().iter();
    let claims: Vec<_> = claims
        .map(|claim| claim["name"].as_str().unwrap())
        .collect();
    let expected = [
        "verify",
        "verify-p99",
        "sessions",
        "sessions-memory",
        "revocations",
        "revocations-memory",
        "token",
        "start",
        "memory",
        "program",
    ];
    assert_eq!(claims, expected);
    assert!(results["sessions"]["exchanged"].as_u64().unwrap() > 0);
    assert!(results["revocations"]["live"].as_u64().unwrap() >= 5000);

    let (page, verify) = (read("README.md"), &results["http"][0]);
    if results["counting"]["done"].is_object() {
        for side in ["subject", "baseline"] {
            for count in ["instructions", "allocations", "bytes"] {
                let counted = &verify[side]["counted"][count];
                assert!(counted.as_f64().unwrap() > 0.0, "{side}, {count}");
            }
        }
        assert!(page.contains("## Counts"));
    }
    if results["flames"] == "drawn" {
        let flame = read("flame-verify.svg");
        assert!(flame.contains("countersign_server::"), "{flame}");
        assert!(page.contains("(flame-verify.svg)"));
    }
}

//! The on-sale day, played in a fraction of its time: nothing that the server acknowledged is lost
//! when it is killed, and nothing is answered wrong. What it says of speed is nobody's business
//! here.

mod countersign;

use std::process::Command;

use serde_json::Value;

#[test]
fn nothing_is_lost_or_answered_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let mut day = Command::new(env!("CARGO_BIN_EXE_countersign-bench"));
    day.args(["on-sale", "--quick", "--binary"]);
    day.arg(countersign::binary())
        .arg("--out")
        .arg(folder.path());
    // It fails if anything is.
    let output = day.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let results: Value = serde_json::from_str(&read("results.json")).unwrap();
    assert_eq!(results["faults"], Value::Array(Vec::new()));
    for checked in results["checked"].as_array().unwrap() {
        assert!(checked["asked"].as_u64().unwrap() > 0, "{checked}");
        assert_eq!(checked["failed"], 0, "{checked}");
    }
    let page = read("README.md");
    for plot in ["requests.svg", "latencies.svg", "shed.svg", "server.svg"] {
        assert!(page.contains(plot), "{plot} is on the page");
        assert!(read(plot).contains("</svg>"), "{plot} is drawn");
    }
}

//! Requests as people paste them into a shell.

use std::process::Command;

use serde_json::Value;

/// Runs a request to its end; its status and answer.
pub(crate) fn paste(request: &str) -> (u16, Value) {
    // What a shell runs is what was pasted; the status follows behind.
    let request = request.trim_end();
    let pasted = format!("{request} --silent --show-error --write-out '\\n%{{http_code}}'");
    let output = Command::new("bash")
        .arg("-c")
        .arg(&pasted)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{pasted}: {error}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (answer, status) = text.rsplit_once('\n').unwrap();
    (
        status.parse().unwrap(),
        serde_json::from_str(answer).unwrap(),
    )
}

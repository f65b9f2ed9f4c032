//! The requests by which a guide has its reader check the set-up get the answers that it prints.

use std::fs;
use std::process::Command;

use super::front::Front;
use super::guide::blocks;
use super::market::Market;

/// What a shell prints for a line that is pasted into it, where curl finds the guide's host at the
/// proxy of this test and takes its certificate.
fn paste(front: &Front, line: &str) -> String {
    let certificate = front.process.certificate();
    let settings = tempfile::tempdir().unwrap();
    let file = format!(
        "connect-to = \"::{}\"\ncacert = \"{}\"\nnoproxy = \"*\"\n",
        front.process.address,
        certificate.display()
    );
    fs::write(settings.path().join(".curlrc"), file).unwrap();
    let mut shell = Command::new("bash");
    let shell = shell.args(["-c", line]).env("CURL_HOME", settings.path());
    let output = shell.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {line}: {error}", front.name);
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines = printed.lines().map(str::trim_end);
    lines.map(|line| format!("{line}\n")).collect()
}

/// Each line that is to be pasted in a guide's last block of them, and what it prints.
fn checks(guide: &str) -> Vec<(String, String)> {
    let blocks = blocks(guide, "console");
    let lines = blocks.last().unwrap().split("$ ").skip(1);
    let checks = lines.map(|check| check.split_once('\n').unwrap());
    let checks = checks.map(|(line, printed)| (line.to_owned(), printed.to_owned()));
    checks.collect()
}

// Countersign's client is waited for while it answers.
#[tokio::test(flavor = "multi_thread")]
async fn the_guides_checks_print_what_the_guides_say() {
    let market = Market::start().await;
    for front in &market.fronts {
        let guide = match front.name {
            "nginx" => "nginx.md",
            "Caddy" | "a newer Caddy" => "caddy.md",
            "Traefik" => "traefik.md",
            "Envoy" => "envoy.md",
            other => panic!("{other} has no guide"),
        };
        let checks = checks(guide);
        assert!(checks.len() >= 4, "{guide} has something to check");
        for (line, printed) in checks {
            assert_eq!(paste(front, &line), printed, "{guide}: {line}");
        }
    }
    assert!(market.application.reached().is_empty());
}

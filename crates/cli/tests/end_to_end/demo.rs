//! `countersign demo`, as a process. What is to be seen there, the browser tests see.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::server::{client, countersign};

/// The demo, in a folder of its own, in which it keeps what it keeps as well.
fn demo(folder: &TempDir, arguments: &[&str]) -> Command {
    let arguments: Vec<_> = [&["demo"], arguments].concat();
    let mut command = countersign(folder.path(), &arguments);
    command.env("TMPDIR", folder.path());
    command
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// More than ending takes, and less than a drain that waits for somebody.
const SOON: Duration = Duration::from_secs(15);

/// Starts the demo, reads its first line, has a look and ends it, while what `look` gives is kept.
/// It leaves nothing.
async fn first_line<T>(
    mut command: Command,
    folder: &TempDir,
    look: impl AsyncFnOnce(&Value) -> T,
) {
    command.stdout(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let mut line = String::new();
    let mut output = BufReader::new(child.0.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let _kept = look(&serde_json::from_str(&line).unwrap()).await;
    let id = child.0.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &id]).status();
    assert!(killed.unwrap().success());
    let ended = tokio::task::spawn_blocking(move || child.0.wait().unwrap());
    let ended = tokio::time::timeout(SOON, ended).await.expect("it ends");
    assert!(ended.unwrap().success());
    assert!(is_empty(folder), "something is left");
}

fn is_empty(folder: &TempDir) -> bool {
    folder.path().read_dir().unwrap().next().is_none()
}

/// What a command that must fail says.
fn refusal(folder: &TempDir, arguments: &[&str]) -> String {
    let output = demo(folder, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(is_empty(folder), "something is left");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn every_site_answers_at_its_name_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = demo(&folder, &["--listen", "127.0.0.1:0", "--json"]);
    // What is set for a server in earnest is not for the demo.
    command.env("COUNTERSIGN_DATABASE_URL", "sqlite:/nowhere/countersign.db");
    first_line(command, &folder, async |places| {
        for (site, says) in [
            ("start", "One person, known on both sides"),
            ("northstar", "Sold out."),
            ("market", "NS-2745"),
            ("riverside", "RH-0108"),
        ] {
            let origin = places[site].as_str().unwrap();
            let (name, port) = origin.rsplit_once(':').unwrap();
            let host = format!("{}:{port}", name.strip_prefix("http://").unwrap());
            let page = client().get(format!("http://127.0.0.1:{port}/"));
            let page = page.header("host", host).send().await.unwrap();
            assert!(page.text().await.unwrap().contains(says), "{site}");
        }
        let start = places["start"].as_str().unwrap();
        let elsewhere = start.replace("localhost", "127.0.0.1");
        let elsewhere = client().get(elsewhere).send().await.unwrap();
        assert_eq!(elsewhere.status(), 404);
        assert!(elsewhere.text().await.unwrap().contains(start));
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_open_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let command = demo(&folder, &["--listen", "127.0.0.1:0", "--json"]);
    first_line(command, &folder, async |places| {
        let live = format!("{}/live", places["start"].as_str().unwrap());
        let mut stream = client().get(live).send().await.unwrap();
        assert!(stream.chunk().await.unwrap().is_some());
        stream
    })
    .await;
}

#[tokio::test]
async fn it_is_on_the_usual_port_or_on_another_where_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:8070");
    first_line(demo(&folder, &["--json"]), &folder, async |places| {
        let start = places["start"].as_str().unwrap();
        assert!(start.starts_with("http://localhost:") && !start.ends_with(":8070"));
    })
    .await;
    // If it was not us who took it, somebody else has it still.
    if taken.map(drop).is_ok() {
        first_line(demo(&folder, &["--json"]), &folder, async |places| {
            assert_eq!(places["start"], "http://localhost:8070");
        })
        .await;
    }
}

#[test]
fn an_address_that_is_taken_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let said = refusal(&folder, &["--listen", &address]);
    assert!(
        said.contains(&format!("cannot listen on {address}")),
        "{said}"
    );
    assert!(
        said.contains("choose another address with --listen"),
        "{said}"
    );
}

#[test]
fn it_is_for_this_machine_alone_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, says) in [
        (
            ["--listen", "0.0.0.0:0"],
            "the demo is for this machine alone",
        ),
        (["--data-dir", "data"], "leave out --data-dir"),
        (["--config", "countersign.toml"], "leave out --config"),
        (
            ["--database-url", "sqlite:a.db"],
            "leave out --database-url",
        ),
    ] {
        let said = refusal(&folder, &arguments);
        assert!(said.contains(says), "{said}");
    }
}

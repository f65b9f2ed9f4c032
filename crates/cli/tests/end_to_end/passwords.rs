//! Passwords that nobody may set, and the filter of leaked ones.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::server::{MASTER_KEY, Server, countersign, run, run_in_earnest};

const ADD: [&str; 5] = [
    "user",
    "add",
    "--identity",
    "email:ana.lopez@example.com",
    "--password-stdin",
];

fn refusal(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The limits of an installation that sets none, on both sides.
#[test]
fn a_password_is_refused_with_what_to_do_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "vkq zmw xgj hrb tyf dlp ".repeat(43);
    for (password, expected) in [
        (&odd[..14], "at least 15 characters"),
        (&odd[..1025], "at most 1024 bytes"),
        ("princess1234567", "tried first"),
        ("kwzkwzkwzkwzkwzkwz", "repeats one short piece"),
        ("qwertyuiopasdfgh", "rows of keys"),
        ("Ana.Lopez.2024!", "that others know"),
        ("MyPa$$w0rd", "at least 15 characters"),
    ] {
        let output = run_in_earnest(folder.path(), &ADD, &format!("{password}\n"));
        let refused = refusal(&output);
        assert!(refused.contains(expected), "{refused}");
        assert!(!refused.contains(password), "{refused}");
    }
    let set = [
        "user",
        "set-password",
        "email:ana.lopez@example.com",
        "--password-stdin",
    ];
    for length in [15, 64, 1024] {
        let password = &odd[..length];
        let command = if length == 15 { &ADD[..] } else { &set };
        let output = run_in_earnest(folder.path(), command, password);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{length}: {error}");
    }
}

/// The user to try is there all the same, with the password of all examples.
#[tokio::test]
async fn the_user_to_try_has_a_password_that_nobody_may_choose() {
    let server = Server::start();
    server.log_in().await;
    let output = run(server.folder(), &ADD, "MyPa$$w0rd\n");
    let refused = refusal(&output);
    assert!(refused.contains("tried first"), "{refused}");
}

fn build(folder: &Path, list: &str) -> Value {
    fs::write(folder.join("list.txt"), list).unwrap();
    let arguments = [
        "passwords",
        "build",
        "list.txt",
        "--output",
        "leaked.filter",
        "--json",
    ];
    let output = run(folder, &arguments, "");
    let progress = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{progress}");
    for line in ["counting: 100 %", "filling: 100 %", "writing: "] {
        assert!(progress.contains(line), "{progress}");
    }
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_leaked_is_refused_with_a_filter() {
    let folder = tempfile::tempdir().unwrap();
    let built = build(folder.path(), "seven lemons on a bicycle\nshort\n");
    assert_eq!(built, json!({ "entries": 1, "left_out": 1, "bytes": 8192 }));
    let checked = run(
        folder.path(),
        &["passwords", "check", "leaked.filter", "--json"],
        "",
    );
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(
        checked,
        json!({ "entries": 1, "at_least": 1, "bytes": 8192 })
    );

    let add = |password: &str| {
        let mut command = countersign(folder.path(), &ADD);
        command
            .env("COUNTERSIGN_MASTER_KEY", MASTER_KEY)
            .env("COUNTERSIGN_PASSWORDS_BREACHED_FILTER", "leaked.filter")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut input, password.as_bytes()).unwrap();
        drop(input);
        child.wait_with_output().unwrap()
    };
    let refused = refusal(&add("seven lemons on a bicycle\n"));
    assert!(refused.contains("leaked"), "{refused}");
    assert!(add("eight lemons on a bicycle\n").status.success());
}

#[test]
fn a_filter_that_is_not_whole_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path(), "seven lemons on a bicycle\n");
    let path = folder.path().join("leaked.filter");
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[5000] ^= 1;
    for (bytes, expected) in [
        (&changed[..], "damaged or cut short"),
        (&whole[..5000], "damaged or cut short"),
        (b"something else", "is no filter"),
    ] {
        fs::write(&path, bytes).unwrap();
        let serve = ["serve", "--dev", "--listen", "127.0.0.1:0"];
        let mut command = countersign(folder.path(), &serve);
        command.env("COUNTERSIGN_PASSWORDS_BREACHED_FILTER", &path);
        let refused = refusal(&command.output().unwrap());
        assert!(refused.contains(expected), "{refused}");
        let checked = run(folder.path(), &["passwords", "check", "leaked.filter"], "");
        assert!(refusal(&checked).contains(expected));
    }
}

/// Stopped while it reads: what was there is there, and nothing beside it.
#[test]
fn ctrl_c_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for number in 0..600_000 {
        writeln!(list, "{number:040x}:1").unwrap();
    }
    fs::write(folder.path().join("list.txt"), list).unwrap();
    fs::write(folder.path().join("leaked.filter"), "what was there").unwrap();
    let arguments = [
        "passwords",
        "build",
        "list.txt",
        "--output",
        "leaked.filter",
    ];
    let mut command = countersign(folder.path(), &arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    lines.read_line(&mut said).unwrap();
    assert!(said.starts_with("counting: "), "{said}");
    let id = child.id().to_string();
    let interrupted = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(interrupted.success());
    lines.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{said}");
    assert!(said.contains("stopped; nothing was built"), "{said}");
    let kept = fs::read(folder.path().join("leaked.filter")).unwrap();
    assert_eq!(kept, b"what was there");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

//! Other processes on the same file: this binary again, running one of the `#[ignore]`d
//! tests below, which do nothing without a database.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_store::{Migrate, ServerLock, Store, StoreError};
use rustix::fs::{FlockOperation, fcntl_lock};
use tokio::task::JoinSet;

use crate::fixture::{Ground, add_user, insert, is_kept, user_id};

const DATABASE: &str = "COUNTERSIGN_TEST_DATABASE";

fn role(name: &str, ground: &Ground) -> Command {
    let this = std::env::current_exe().unwrap();
    // A write beyond a limit is an error then, not a signal.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(this)
        .args(["--ignored", "--exact", "--nocapture"])
        .arg(format!("processes::{name}"))
        .env(DATABASE, ground.database())
        .stdout(Stdio::piped());
    command
}

/// What a process says on lines of its own, until it ends.
fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.filter_map(|line| line.unwrap().strip_prefix('@').map(ToOwned::to_owned))
}

fn say(what: impl std::fmt::Display) {
    println!("\n@{what}");
}

/// Runs a role to its end and returns what it said.
fn run(name: &str, ground: &Ground) -> Vec<String> {
    let mut child = role(name, ground).spawn().unwrap();
    let said = said(&mut child).collect();
    assert!(child.wait().unwrap().success());
    said
}

fn database() -> Option<PathBuf> {
    std::env::var_os(DATABASE).map(PathBuf::from)
}

#[tokio::test]
async fn what_was_answered_outlives_a_kill() {
    let ground = Ground::new();
    let store = ground.open();
    for round in 1..=3 {
        let mut child = role("writes_until_killed", &ground).spawn().unwrap();
        let mut said = said(&mut child);
        let mut answered: Vec<String> = said.by_ref().take(100 * round).collect();
        child.kill().unwrap();
        answered.extend(said);
        child.wait().unwrap();
        assert!(answered.len() >= 100 * round);
        for id in answered.iter().filter_map(|id| id.parse().ok()) {
            assert!(is_kept(&store, id).await, "{id}");
        }
    }
    add_user(&store).await.unwrap();
}

#[tokio::test]
#[ignore = "a process of what_was_answered_outlives_a_kill"]
async fn writes_until_killed() {
    let Some(path) = database() else { return };
    let store = Store::open_sqlite(&path, Migrate::OnlyNew).unwrap();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < 32 {
            let store = store.clone();
            tasks.spawn(async move { add_user(&store).await.unwrap() });
        }
        say(tasks.join_next().await.unwrap().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_to_one_database() {
    let ground = Ground::new();
    let store = ground.open();
    let mut child = role("writes_a_hundred", &ground).spawn().unwrap();
    let said = said(&mut child);
    let others = tokio::task::spawn_blocking(move || said.collect::<Vec<_>>());
    // This process writes without a pause for as long as the other one does.
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        tasks.spawn(async move {
            let mut own = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                own.push(add_user(&store).await.unwrap());
            }
            own
        });
    }
    let others = others.await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let own = tasks.join_all().await.concat();
    assert!(child.wait().unwrap().success());
    assert_eq!(others.len(), 100);
    for id in others.iter().map(|id| id.parse().unwrap()).chain(own) {
        assert!(is_kept(&store, id).await);
    }
}

#[tokio::test]
async fn processes_that_start_at_once_make_one_database() {
    let ground = Ground::new();
    let start = |_| role("writes_a_hundred", &ground).spawn().unwrap();
    let mut children: Vec<Child> = (0..4).map(start).collect();
    let ids: Vec<String> = children.iter_mut().flat_map(said).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(ids.len(), 400);
    let store = ground.open();
    for id in ids {
        assert!(is_kept(&store, id.parse().unwrap()).await);
    }
}

#[tokio::test]
#[ignore = "a process of two_processes_write_to_one_database, and others"]
async fn writes_a_hundred() {
    let Some(path) = database() else { return };
    let store = Store::open_sqlite(&path, Migrate::OnlyNew).unwrap();
    for _ in 0..100 {
        say(add_user(&store).await.unwrap());
    }
}

/// Whoever finds a database unlocked believes to be alone on it, and may take its log away.
/// A process loses all its POSIX locks on a file when it closes any descriptor of it.
#[tokio::test]
async fn an_open_database_stays_locked_whatever_its_process_opens_besides() {
    let ground = Ground::new();
    let _store = ground.open();
    assert_eq!(run("wants_the_file_for_itself", &ground), ["refused"]);
    let _lock = ServerLock::acquire(&ground.database()).unwrap();
    let _second = ground.open();
    assert_eq!(run("wants_the_file_for_itself", &ground), ["refused"]);
}

#[test]
#[ignore = "a process of an_open_database_stays_locked_whatever_its_process_opens_besides"]
fn wants_the_file_for_itself() {
    let Some(path) = database() else { return };
    let file = File::options().read(true).write(true).open(path).unwrap();
    let locked = fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive);
    say(locked.map_or("refused", |()| "got it"));
}

#[test]
fn a_full_disk_refuses_writes_and_answers_reads_until_there_is_room() {
    let ground = Ground::new();
    drop(ground.open());
    let said = run("fills_the_disk", &ground);
    assert_eq!(said, ["refused", "read", "written again"]);
}

/// The disk is full for this process alone: it may not write beyond a place in any file.
#[tokio::test]
#[ignore = "a process of a_full_disk_refuses_writes_and_answers_reads_until_there_is_room"]
async fn fills_the_disk() {
    let Some(path) = database() else { return };
    let store = Store::open_sqlite(&path, Migrate::OnlyNew).unwrap();
    let first = add_user(&store).await.unwrap();
    limit("100000");
    let mut kept = vec![first];
    let mut refused = Vec::new();
    while refused.len() < 3 {
        let id = user_id();
        match store.commit(insert(id, "default")).await {
            Ok(_) => kept.push(id),
            Err(StoreError::Unavailable { .. }) => refused.push(id),
            Err(error) => panic!("{error}"),
        }
    }
    say("refused");
    for id in &kept {
        assert!(is_kept(&store, *id).await);
    }
    for id in &refused {
        assert!(!is_kept(&store, *id).await);
    }
    say("read");
    limit("unlimited");
    for id in refused {
        store.commit(insert(id, "default")).await.unwrap();
        assert!(is_kept(&store, id).await);
    }
    say("written again");
}

/// Limits how large this process may make a file.
fn limit(bytes: &str) {
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", std::process::id()))
        .arg(format!("--fsize={bytes}:"))
        .status();
    assert!(limited.unwrap().success());
}

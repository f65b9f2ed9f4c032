//! The audit, as an operator reads it.

use serde_json::{Value, json};

use crate::server::{Server, run};

async fn refused(server: &Server) -> String {
    let wrong = json!({
        "identity": { "type": "username", "value": "my_username" },
        "authenticator": "password",
        "secret": "not the password",
    });
    let (status, problem) = server.post("/v1/tokens", &wrong).await;
    assert_eq!(status, 401);
    problem["request_id"].as_str().unwrap().to_owned()
}

/// A request's id is all that somebody who was refused has to tell the operator.
#[tokio::test]
async fn who_was_refused_can_be_told_why_after_a_clean_stop() {
    let mut server = Server::start();
    let request = refused(&server).await;
    server.log_in().await;
    let sealing_key = server.command(&["keys", "rotate"], "");
    assert!(server.terminate().success());

    let shown = server.command(&["audit", "show", &request], "");
    for part in [
        "log_in refused: wrong_password",
        "The password is not the user's.",
        "anyone",
        "127.0.0.0/24",
        &request,
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let shown = server.command(&["audit", "show", &request, "--json"], "");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let entry = &shown["entries"][0];
    assert_eq!(entry["reason"], "wrong_password");
    assert_eq!(entry["genuine"], true);

    let listed = server.command(&["audit", "list"], "");
    let newest = listed.lines().next().unwrap();
    let rotated = format!("detail {sealing_key} seals");
    assert!(
        newest.contains("sealing_keys_rotated done  by operator"),
        "{listed}"
    );
    assert!(newest.contains(&rotated), "{listed}");
    let refusals = server.command(
        &[
            "audit",
            "list",
            "--refused",
            "--user",
            "username:my_username",
        ],
        "",
    );
    assert_eq!(refusals.lines().count(), 1, "{refusals}");

    let exported = server.command(&["audit", "export", "--since", "2020-01-01"], "");
    let exported: Vec<Value> = exported
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let actions: Vec<_> = exported.iter().map(|entry| &entry["action"]).collect();
    // Before them stands how the folder was furnished.
    let expected = ["log_in", "log_in", "sealing_keys_rotated"];
    assert_eq!(actions[actions.len() - 3..], expected);
    assert_eq!(listed.lines().count(), exported.len());
    assert!(
        server
            .command(&["audit", "export", "--until", "2020-01-01"], "")
            .is_empty()
    );
}

#[tokio::test]
async fn a_request_that_nobody_can_be_tied_to_is_explained_as_well() {
    let server = Server::start();
    let unknown = "0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d";
    for (id, says) in [(unknown, "only counted"), ("x", "a request id looks like")] {
        let output = run(server.folder(), &["audit", "show", id], "");
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn what_was_changed_past_the_server_is_found_and_exits_so() {
    let mut server = Server::start();
    refused(&server).await;
    server.log_in().await;
    assert!(server.terminate().success());
    let verified = server.command(&["audit", "verify", "--json"], "");
    let verified: Value = serde_json::from_str(&verified).unwrap();
    assert_eq!(verified["whole"], true);
    assert!(verified["entries"].as_u64().unwrap() >= 2);
    assert_eq!(verified["unsealed"], 0);
    let head = verified["head"].as_str().unwrap();
    let text = server.command(&["audit", "verify", "--head", head], "");
    assert!(text.starts_with("The audit is whole.\n"), "{text}");
    assert!(text.ends_with(&format!("head      {head}")), "{text}");

    let fails = |arguments: &[&str], says: &str| {
        let output = run(server.folder(), arguments, "");
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(says), "{text}");
    };
    let mut other = head.to_owned();
    let last = if other.pop() == Some('0') { '1' } else { '0' };
    other.push(last);
    fails(
        &["audit", "verify", "--head", &other],
        "is not in this audit",
    );
    let path = server.folder().join("countersign-data/countersign.db");
    let database = rusqlite::Connection::open(path).unwrap();
    let change = "UPDATE audit SET reason = 'locked' WHERE reason IS NOT NULL";
    assert_eq!(database.execute(change, []), Ok(1));
    fails(&["audit", "verify"], "is not as it was written");
    fails(&["audit", "verify", "--json"], "\"whole\":false");
}

//! Commands, beside a server that runs on the same folder.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Server, client, run};

#[tokio::test]
async fn a_user_is_added_shown_and_deleted() {
    let server = Server::start();
    let add = [
        "user",
        "add",
        "--identity",
        "username:Ana",
        "--identity",
        "email:Ana@Example.com",
        "--password-stdin",
    ];
    let id = server.command(&add, "a long enough password\n");
    assert_eq!(id.len(), 36, "the id, alone: {id:?}");
    let body = json!({
        "identity": { "type": "email", "value": "ana@example.com" },
        "authenticator": "password",
        "secret": "a long enough password",
    });
    assert_eq!(server.post("/v1/tokens", &body).await.0, 201);

    let shown = server.command(&["user", "show", "email:ANA@example.com", "--json"], "");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["id"], json!(id));
    assert_eq!(shown["status"], "active");
    assert_eq!(shown["identities"].as_array().unwrap().len(), 2);
    assert!(
        server
            .command(&["user", "show", &id], "")
            .contains("email:ana@example.com")
    );

    server.command(
        &["user", "set-password", "username:ana", "--password-stdin"],
        "another one\n",
    );
    assert_eq!(server.post("/v1/tokens", &body).await.0, 401);
    server.command(&["user", "delete", &id], "");
    assert!(
        !crate::server::run(server.folder(), &["user", "show", &id], "")
            .status
            .success()
    );
}

/// None is cut: what is too long is refused.
#[tokio::test]
async fn a_password_counts_to_its_last_character() {
    let server = Server::start();
    let add = [
        "user",
        "add",
        "--identity",
        "username:ana",
        "--password-stdin",
    ];
    let odd = "vkq zmw xgj hrb tyf dlp ".repeat(300);
    for length in [1025, 5000] {
        let input = format!("{}\n", &odd[..length]);
        let output = crate::server::run(server.folder(), &add, &input);
        assert!(!output.status.success(), "{length}");
    }
    let password = format!("{}y", &odd[..1023]);
    server.command(&add, &format!("{password}\n"));
    for (secret, status) in [(&password[..], 201), (&password[..1023], 401)] {
        let body = json!({
            "identity": { "type": "username", "value": "ana" },
            "authenticator": "password",
            "secret": secret,
        });
        assert_eq!(server.post("/v1/tokens", &body).await.0, status);
    }
}

/// Any verify that is sent more than a second after `user lock` has answered is refused,
/// however slow the machine.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is the time that passes outside"
)]
async fn locking_a_user_ends_its_sessions_within_a_second() {
    let server = Server::start();
    let token = server.log_in().await["token"].as_str().unwrap().to_owned();
    let basic = format!("Basic {token}");
    let (_, session) = server.post_with("/v1/sessions", &basic).await;
    let bearer = format!("Bearer {}", session["token"].as_str().unwrap());
    assert_eq!(
        server.post_with("/v1/sessions/verify", &bearer).await.0,
        200
    );

    server.command(&["user", "lock", "username:my_username"], "");
    let locked = Instant::now();
    loop {
        let asked = locked.elapsed();
        let (status, _) = server.post_with("/v1/sessions/verify", &bearer).await;
        if status == 401 {
            break;
        }
        assert!(
            asked <= Duration::from_secs(1),
            "accepted {asked:?} after it was locked"
        );
    }
    let (status, answer) = server.post_with("/v1/sessions", &basic).await;
    assert_eq!(
        (status, answer["error_code"].as_str()),
        (400, Some("account_unusable"))
    );
    server.command(&["user", "unlock", "username:my_username"], "");
    assert_eq!(server.post_with("/v1/sessions", &basic).await.0, 201);
}

#[tokio::test]
async fn rotating_the_keys_never_fails_a_verify() {
    let server = Server::start();
    let basic = format!("Basic {}", server.log_in().await["token"].as_str().unwrap());
    let mut sessions = Vec::new();
    let mut open = async || {
        let (status, session) = server.post_with("/v1/sessions", &basic).await;
        assert_eq!(status, 201);
        sessions.push(format!("Bearer {}", session["token"].as_str().unwrap()));
        for session in &sessions {
            assert_eq!(
                server.post_with("/v1/sessions/verify", session).await.0,
                200
            );
        }
    };
    open().await;
    let rotate = || {
        let (folder, arguments) = (server.folder().to_owned(), ["keys", "rotate"]);
        std::thread::spawn(move || crate::server::run(&folder, &arguments, ""))
    };
    let mut ids = Vec::new();
    for _ in 0..2 {
        let rotating = rotate();
        while !rotating.is_finished() {
            open().await;
        }
        let output = rotating.join().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        ids.push(String::from_utf8(output.stdout).unwrap());
        open().await;
    }
    assert_ne!(ids[0], ids[1]);
    // Some seconds have passed, in which the server followed the feed.
    let ready = client().get(format!("{}/readyz", server.private_url));
    assert_eq!(ready.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn health_is_answered_apart_from_the_api() {
    let mut server = Server::start();
    for (path, expected) in [("/healthz", "alive"), ("/readyz", "ready")] {
        let response = client()
            .get(format!("{}{path}", server.private_url))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.json::<Value>().await.unwrap()["status"], expected);
        let outside = client()
            .get(format!("{}{path}", server.url))
            .send()
            .await
            .unwrap();
        assert_eq!(outside.status(), 404);
    }
    assert!(server.terminate().success());
    // A server that has stopped leaves all it knows in one file.
    let data = server.folder().join("countersign-data");
    assert!(data.join("countersign.db").exists());
    assert!(!data.join("countersign.db-wal").exists());
}

#[test]
fn the_description_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let output = crate::server::run(folder.path(), &["openapi"], "");
    let committed = include_str!("../../../../docs/openapi.json");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), committed);
}

#[tokio::test]
async fn limits_are_shown_and_cleared_beside_the_server() {
    let server = Server::start();
    let body = json!({
        "identity": { "type": "phone", "value": "+44 20 7946 0001" },
        "authenticator": "sms",
    });
    assert_eq!(server.post("/v1/tokens", &body).await.0, 201);
    let (status, limited) = server.post("/v1/tokens", &body).await;
    assert_eq!(
        (status, limited["error_code"].as_str()),
        (429, Some("rate_limited"))
    );
    let wrong = json!({
        "identity": { "type": "username", "value": "my_username" },
        "authenticator": "password",
        "secret": "wrong password",
    });
    assert_eq!(server.post("/v1/tokens", &wrong).await.0, 401);

    let phone = "phone:+44 20 7946 0001";
    let shown = server.command(&["limits", "show", phone], "");
    assert!(shown.contains("1 sent within a day"), "{shown}");
    let shown = server.command(&["limits", "show", "username:my_username", "--json"], "");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["identities"][0]["guesses"][0]["failures"], 1);
    let right = json!({
        "identity": { "type": "username", "value": "my_username" },
        "authenticator": "password",
        "secret": "MyPa$$w0rd",
    });
    assert_eq!(server.post("/v1/tokens", &right).await.0, 201);
    let shown = server.command(&["limits", "show", "username:my_username", "--json"], "");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let left = shown["identities"][0]["guesses"].as_array().unwrap();
    assert!(left.iter().all(|one| one["failures"] == 0), "{shown}");
    let held = server.command(&["limits", "show"], "");
    assert!(held.contains("default  60s"), "{held}");
    let of_one = ["limits", "show", "--partner", "default"];
    assert_eq!(server.command(&of_one, ""), held);
    let refused = run(
        server.folder(),
        &["limits", "show", "--partner", "nobody"],
        "",
    );
    let refused = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.contains("there is no partner nobody;"), "{refused}");
    let cleared = server.command(&["limits", "clear", phone], "");
    assert!(cleared.starts_with("Cleared."), "{cleared}");
    let again = server.command(&["limits", "clear", phone], "");
    assert_eq!(again, "Nothing was counted.");
    assert_eq!(server.post("/v1/tokens", &body).await.0, 201);
}

//! Secrets are in no log, at any level, and in no file.

use std::time::Duration;

use aws_lc_rs::{digest, hmac};
use countersign_testkit::{Log, Mood, TestApp, password_log_in};
use reqwest::Method;
use serde_json::json;

/// Walks the whole API with secrets that can be recognised, everything logged that anything
/// logs, and then looks for them.
#[test]
fn no_secret_is_in_a_log_or_a_file() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For this process: the runtime's threads and the writer's log as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let secrets = runtime.block_on(walk(&app));

    let log = log.text();
    assert!(log.contains("/v1/sessions/verify"), "it is the log");
    let mut files = vec![("the log".to_owned(), log.into_bytes())];
    for file in std::fs::read_dir(app.folder()).unwrap() {
        let path = file.unwrap().path();
        files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    assert!(
        files
            .iter()
            .any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty())
    );
    for (name, bytes) in &files {
        for (what, secret) in &secrets {
            let personal = *what == "address";
            if personal && name != "the log" {
                continue;
            }
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{what} is in {name}");
        }
    }
}

/// Uses every route, right and wrong, and returns the secrets that went by.
async fn walk(app: &TestApp) -> Vec<(&'static str, String)> {
    let client = app.client();
    let mut secrets = vec![
        ("password", TestApp::PASSWORD.to_owned()),
        ("password", "Canary-password-77".to_owned()),
        ("pin", "908172635445".to_owned()),
        ("pin", "918273645546".to_owned()),
        ("address", "canary@example.com".to_owned()),
        ("address", "4412312347777".to_owned()),
    ];
    let mut body = password_log_in(TestApp::PASSWORD);
    body["pin"] = json!("908172635445");
    let authentication = client.post("/v1/tokens", &body).await;
    client
        .post("/v1/tokens", &password_log_in("Canary-password-77"))
        .await;
    let token = authentication.text_of("token");
    let basic = format!("Basic {token}");
    for pin in ["908172635445", "918273645546"] {
        let request = client
            .request(Method::POST, "/v1/sessions")
            .header("authentication", &basic);
        client.send(request.json(&json!({ "pin": pin }))).await;
    }
    let session = client.exchange(&token).await.text_of("token");
    let bearer = format!("Bearer {session}");
    client.verify(&session).await;
    client.verify(&format!("{session}x")).await;
    client.with(Method::GET, "/v1/devices", &bearer).await;
    client
        .with(
            Method::GET,
            &format!("/v1/tokens/{}", authentication.text_of("id")),
            &basic,
        )
        .await;
    client
        .with(
            Method::GET,
            &format!("/v1/tokens/{token}?token={session}"),
            &basic,
        )
        .await;
    // What cannot be read is not repeated either.
    let broken = password_log_in("Canary-password-77").to_string();
    let mistyped = json!({ "identity": ["canary@example.com"], "secret": ["Canary-password-77"] });
    for body in [broken[..broken.len() - 1].to_owned(), mistyped.to_string()] {
        let request = client.request(Method::POST, "/v1/tokens").body(body);
        let request = request.header("content-type", "application/json");
        client.send(request).await.expect_error(400, "malformed");
    }
    for (kind, value, authenticator) in [
        ("email", "canary@example.com", "email"),
        ("phone", "+44 123 1234 7777", "sms"),
    ] {
        let body = json!({
            "identity": { "type": kind, "value": value },
            "authenticator": authenticator,
            "pin": "908172635445",
        });
        let id = client.post("/v1/tokens", &body).await.text_of("id");
        app.clock.advance(Duration::from_secs(60));
        client
            .send(client.request(Method::POST, &format!("/v1/tokens/{id}/code")))
            .await;
        let outbox = client
            .send(client.request(Method::GET, "/dev/outbox"))
            .await
            .json();
        for message in outbox.as_array().unwrap() {
            // With what stands around it: six digits alone are found in any log.
            secrets.push(("message", message["body"].as_str().unwrap().to_owned()));
            secrets.push(("code", format!("\"{}\"", message["code"].as_str().unwrap())));
        }
        let code = outbox[0]["code"].as_str().unwrap();
        let answer = json!({ "secret": code, "pin": "908172635445" });
        let token = client
            .post(&format!("/v1/tokens/{id}/secret"), &answer)
            .await;
        secrets.push(("authentication token", token.text_of("token")));
    }
    client
        .with(Method::POST, "/v1/sessions/revoke-all", &bearer)
        .await;
    client.with(Method::DELETE, "/v1/sessions", &bearer).await;
    client
        .with(
            Method::DELETE,
            &format!("/v1/tokens/{}", authentication.text_of("id")),
            &basic,
        )
        .await;
    secrets.push(("authentication token", token));
    secrets.push(("session token", session));
    secrets.extend(vouch(app).await);
    secrets.extend(reset(app).await);
    secrets
}

/// The same for passwords that are reset.
async fn reset(app: &TestApp) -> Vec<(&'static str, String)> {
    let client = app.client();
    let identity = json!({ "type": "email", "value": "canary@example.com" });
    let body = json!({ "identity": identity });
    client.post("/v1/password-resets", &body).await;
    let code = app.code_for("canary@example.com").await.unwrap();
    assert!(code.starts_with("csr_"));
    let refused = "canary@example.com".to_owned();
    let new = "seven canaries on a bicycle".to_owned();
    for password in [&refused, &new, &new] {
        for code in [&code[1..], &code] {
            let body = json!({ "code": code, "password": password });
            client.post("/v1/password-resets/redeem", &body).await;
        }
    }
    vec![("reset code", code), ("new password", new)]
}

/// The same for what partners and the operator send, right and wrong.
async fn vouch(app: &TestApp) -> Vec<(&'static str, String)> {
    let client = app.client();
    let nonce = "canary-nonce-0f3a91";
    let key = app.api_key("default", &crate::vouching::ALL).await;
    let admin = app.operator_key().await;
    let minted = client
        .mint(&key, "canary@example.com")
        .await
        .text_of("data");
    for key in [&key, &admin] {
        client.mint(key, "canary@example").await;
        client.mint(key, "canary@example.com%00").await;
        for nonce in [Some(nonce), Some(nonce), None] {
            client.redeem(key, &minted, nonce).await;
        }
        client.redeem(key, "canary@example.com", Some(nonce)).await;
        let user = json!({ "userId": "canary@example.com", "email": "canary@example.com" });
        let link = json!({ "flow": "canary@example.com", "user": user, "params": { "a": "b" } });
        client.post_as(key, "/v1/links", &link).await;
        let path = "/v1/users/email:canary@example.com/sessions";
        client.with(Method::DELETE, path, key).await;
        let path = "/v1/admin/users?identity=email:canary@example.com";
        client.with(Method::GET, path, key).await;
        // A key elsewhere than in its header is in no log either.
        let path = format!("/v1/keys/self?key={key}");
        client.with(Method::GET, &path, "Bearer x").await;
    }
    vec![
        ("API key", key),
        ("API key", admin),
        ("one-time token", minted),
        ("nonce", nonce.to_owned()),
    ]
}

/// Who has a copy of the database can try all codes in no time, and finds none: the hash is
/// under a key that is not in it.
#[tokio::test]
async fn a_copy_of_the_database_does_not_give_a_code_away() {
    let app = TestApp::start().await;
    let id = app.client().begin("+44 123 1234 1234").await.text_of("id");
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let select = "SELECT challenge_id, hash FROM challenge_codes";
    let (owner, hash): (Vec<u8>, Vec<u8>) = database
        .query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let codes = (0..1_000_000).map(|code| format!("{code:06}"));
    assert_not_found(&database, &owner, id.as_bytes(), &hash, codes);
}

/// Nor a PIN, before the code is proved and after.
#[tokio::test]
async fn a_copy_of_the_database_does_not_give_a_pin_away() {
    let app = TestApp::start().await;
    let mut body = password_log_in(TestApp::PASSWORD);
    body["pin"] = json!("0815");
    let authentication = app.client().post("/v1/tokens", &body).await;
    let body = json!({
        "identity": { "type": "phone", "value": "+44 123 1234 1234" },
        "authenticator": "sms",
        "pin": "0815",
    });
    let challenge = app.client().post("/v1/tokens", &body).await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    for (table, begun) in [
        ("authentications", authentication),
        ("challenges", challenge),
    ] {
        let select = format!("SELECT id, pin_hash FROM {table}");
        let (owner, hash): (Vec<u8>, Vec<u8>) = database
            .query_row(&select, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let id = begun.text_of("id");
        let pins = (0..10_000).map(|pin| format!("{pin:04}"));
        assert_not_found(&database, &owner, id.as_bytes(), &hash, pins);
    }
}

/// Nor does a message that waits, by a copy of the files; and once it was sent nothing of it is
/// left in them.
#[tokio::test]
async fn no_file_gives_a_message_away_while_it_waits_or_afterwards() {
    let app = TestApp::start().await;
    app.gate.set(Mood::Later);
    let body = json!({
        "identity": { "type": "email", "value": "canary@example.com" },
        "authenticator": "email",
    });
    app.client().post("/v1/tokens", &body).await;
    app.service().deliver().await.unwrap();
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let sealed: Vec<u8> = database
        .query_row("SELECT sealed FROM messages", [], |row| row.get(0))
        .unwrap();
    let files = || {
        let files = std::fs::read_dir(app.folder()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
    };
    let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
    let waiting: Vec<u8> = files().collect();

    app.gate.set(Mood::Open);
    app.clock.advance(Duration::from_secs(2));
    let code = app.code_for("canary@example.com").await.unwrap();
    assert!(holds(&waiting, &sealed), "it is there, sealed");
    assert!(!holds(&waiting, code.as_bytes()));
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let afterwards: Vec<u8> = files().collect();
    assert!(holds(&afterwards, b"canary@example.com"), "the challenge's");
    assert!(!holds(&afterwards, code.as_bytes()));
    for part in sealed.chunks_exact(16) {
        assert!(!holds(&afterwards, part));
    }
}

/// Tries what could be hashed in the ways that are open to who has the database alone.
fn assert_not_found(
    database: &rusqlite::Connection,
    owner: &[u8],
    id: &[u8],
    hash: &[u8],
    tries: impl Iterator<Item = String>,
) {
    // The only other secret in it, as it lies there.
    let select = "SELECT wrapped FROM sealing_keys WHERE status = 'current'";
    let wrapped: Vec<u8> = database.query_row(select, [], |row| row.get(0)).unwrap();
    let keys = [b"", owner, id, &wrapped].map(|key| hmac::Key::new(hmac::HMAC_SHA256, key));
    for secret in tries {
        let bound = [owner, secret.as_bytes()].concat();
        for text in [secret.as_bytes(), &bound] {
            let digest = digest::digest(&digest::SHA256, text);
            assert_ne!(digest.as_ref(), hash);
        }
        for key in &keys {
            assert_ne!(hmac::sign(key, &bound).as_ref(), hash);
        }
    }
}

//! What was answered survives the process.

use serde_json::{Value, json};

use crate::server::{Server, client};

#[tokio::test]
async fn nothing_that_was_answered_is_lost_or_done_again() {
    let mut server = Server::start();
    for round in 0..3 {
        let mut tokens = Vec::new();
        for _ in 0..5 {
            tokens.push(server.log_in().await);
        }
        let body = json!({
            // One number is sent a code once a minute, whatever was killed in between.
            "identity": { "type": "phone", "value": format!("+44 123 1234 123{round}") },
            "authenticator": "sms",
        });
        let (_, begun) = server.post("/v1/tokens", &body).await;
        let outbox = client()
            .get(format!("{}/dev/outbox", server.url))
            .send()
            .await
            .unwrap();
        let code = outbox.json::<Value>().await.unwrap()[0]["code"].clone();
        let path = format!("/v1/tokens/{}/secret", begun["id"].as_str().unwrap());
        let answer = json!({ "secret": code });
        let (status, answered) = server.post(&path, &answer).await;
        assert_eq!(status, 200);
        tokens.push(answered);

        server = server.kill_and_start();
        for token in &tokens {
            let basic = format!("Basic {}", token["token"].as_str().unwrap());
            assert_eq!(server.post_with("/v1/sessions", &basic).await.0, 201);
        }
        assert_eq!(
            server.post(&path, &answer).await.0,
            401,
            "a code is used once"
        );
    }
}

#[tokio::test]
async fn sessions_survive_a_restart_and_so_does_their_end() {
    let server = Server::start();
    let basic = format!("Basic {}", server.log_in().await["token"].as_str().unwrap());
    let mut bearers = Vec::new();
    for _ in 0..2 {
        let (_, session) = server.post_with("/v1/sessions", &basic).await;
        bearers.push(format!("Bearer {}", session["token"].as_str().unwrap()));
    }
    let request = client().delete(format!("{}/v1/sessions", server.url));
    let ended = request
        .header("authorization", &bearers[0])
        .send()
        .await
        .unwrap();
    assert_eq!(ended.status(), 204);
    let server = server.kill_and_start();
    assert_eq!(
        server.post_with("/v1/sessions/verify", &bearers[0]).await.0,
        401
    );
    assert_eq!(
        server.post_with("/v1/sessions/verify", &bearers[1]).await.0,
        200
    );
}

#[tokio::test]
async fn what_was_counted_counts_after_a_crash() {
    let server = Server::start();
    let code = json!({
        "identity": { "type": "phone", "value": "+44 20 7946 0001" },
        "authenticator": "sms",
    });
    let wrong = json!({
        "identity": { "type": "username", "value": "my_username" },
        "authenticator": "password",
        "secret": "wrong password",
    });
    assert_eq!(server.post("/v1/tokens", &code).await.0, 201);
    assert_eq!(server.post("/v1/tokens", &wrong).await.0, 401);
    let server = server.kill_and_start();
    let (status, limited) = server.post("/v1/tokens", &code).await;
    assert_eq!(
        (status, &limited["error_code"]),
        (429, &json!("rate_limited"))
    );
    let shown = server.command(&["limits", "show", "username:my_username", "--json"], "");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["identities"][0]["guesses"][0]["failures"], 1);
}

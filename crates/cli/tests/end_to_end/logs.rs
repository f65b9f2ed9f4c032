//! What the binary logs when it logs all it can.

use serde_json::{Value, json};

use crate::server::{Server, client};

#[tokio::test]
async fn no_secret_and_no_address_is_in_the_log_at_any_level() {
    let (server, log) = Server::start_logging_everything();
    let authentication = server.log_in().await;
    let token = authentication["token"].as_str().unwrap().to_owned();
    let (_, session) = server
        .post_with("/v1/sessions", &format!("Basic {token}"))
        .await;
    let session = session["token"].as_str().unwrap().to_owned();
    server
        .post_with("/v1/sessions/verify", &format!("Bearer {session}"))
        .await;
    let mut secrets = vec!["MyPa$$w0rd".to_owned(), token, session, "8642".repeat(3)];
    for (kind, value, channel) in [
        ("phone", "+44 123 1234 1234", "sms"),
        ("email", "canary@example.com", "email"),
    ] {
        let begin = json!({
            "identity": { "type": kind, "value": value },
            "authenticator": channel,
            "pin": "8642".repeat(3),
        });
        let (_, begun) = server.post("/v1/tokens", &begin).await;
        let outbox = client()
            .get(format!("{}/dev/outbox", server.url))
            .send()
            .await
            .unwrap();
        let outbox: Value = outbox.json().await.unwrap();
        let code = outbox[0]["code"].as_str().unwrap();
        let path = format!("/v1/tokens/{}/secret", begun["id"].as_str().unwrap());
        let answer = json!({ "secret": code, "pin": "8642".repeat(3) });
        assert_eq!(server.post(&path, &answer).await.0, 200);
        secrets.push(value.to_owned());
    }
    let (status, minted) = server.mint(&server.api_key).await;
    assert_eq!(status, 200);
    let (status, signed_in) = server.redeem(&server.api_key, &minted).await;
    assert_eq!(status, 200);
    for secret in [
        &minted["data"],
        &signed_in["authentication"]["token"],
        &signed_in["session"]["token"],
    ] {
        secrets.push(secret.as_str().unwrap().to_owned());
    }
    secrets.extend([server.api_key.clone(), "johndoe".to_owned()]);
    secrets.extend(["4412312341234".to_owned(), "12312341234".to_owned()]);
    drop(server);
    let log = std::fs::read_to_string(log.path()).unwrap();
    assert!(
        log.contains("DEBUG") && log.contains("/v1/tokens"),
        "it is the log"
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
}

//! The webhook, verified as a receiver would: with the headers, the body and a secret alone.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::Clock;
use countersign_service::delivery::NotSent;
use countersign_service::delivery::sms::{InvalidTexter, Texter, TexterSettings, WebhookSettings};
use countersign_testkit::MockClock;
use serde_json::{Value, json};

use crate::provider::{Asked, Provider};
use crate::{SECRET, by_webhook, settings, text_to, texter, webhook};

const NUMBER: &str = "+447400000001";
const OLD: &str = "whsec_b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZCBzZWNyZXQ=";

/// Whether a receiver that has this secret takes the request for ours.
fn verifies(asked: &Asked, secret: &str) -> bool {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let header = |name: &str| asked.headers[name].to_str().unwrap();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    let signed = format!("{id}.{at}.{}", asked.body);
    let signatures = header("webhook-signature").split(' ');
    signatures
        .filter_map(|one| one.strip_prefix("v1,"))
        .any(|one| {
            let tag = STANDARD.decode(one).unwrap();
            hmac::verify(&key, signed.as_bytes(), &tag).is_ok()
        })
}

#[tokio::test]
async fn a_receiver_can_verify_what_it_gets() {
    let provider = Provider::that_says([(204, String::new())]).await;
    let text = text_to(NUMBER);
    let texter = by_webhook(&format!("{}/send", provider.url));
    texter.send(&text).await.unwrap();
    let asked = &provider.asked()[0];
    assert_eq!(asked.path, "/send");
    assert_eq!(asked.headers["content-type"], "application/json");
    assert_eq!(asked.headers["webhook-id"], text.id.to_string().as_str());
    let now = MockClock::default().now();
    let seconds = (now.as_unix_millis() / 1000).to_string();
    assert_eq!(asked.headers["webhook-timestamp"], seconds.as_str());
    assert!(verifies(asked, SECRET) && !verifies(asked, OLD));
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let expected = json!({
        "type": "sms.send",
        "timestamp": now.to_string(),
        "data": {
            "to": NUMBER,
            "body": text.body.expose(),
            "partner": "default",
            "expires_at": text.expires_at.to_string(),
        },
    });
    assert_eq!(body, expected);

    // The same message tried again has the same id.
    texter.send(&text).await.unwrap();
    let again = &provider.asked()[1];
    assert_eq!(again.headers["webhook-id"], asked.headers["webhook-id"]);
    let mut changed = asked.clone();
    changed.body = changed.body.replace("123456", "654321");
    assert!(!verifies(&changed, SECRET));
}

#[tokio::test]
async fn while_a_secret_is_replaced_either_verifies() {
    let provider = Provider::that_says([(200, String::new())]).await;
    let both = WebhookSettings {
        secrets: format!("{SECRET} {OLD}").parse().unwrap(),
        ..webhook(&provider.url)
    };
    let texter = texter(TexterSettings {
        webhook: Some(both),
        ..settings("*=webhook")
    });
    texter.send(&text_to(NUMBER)).await.unwrap();
    let asked = &provider.asked()[0];
    assert!(verifies(asked, SECRET) && verifies(asked, OLD));
}

#[tokio::test]
async fn its_status_says_what_is_done_next() {
    for (status, never) in [
        (422, Some(true)),
        (400, Some(false)),
        (401, Some(false)),
        (301, Some(false)),
        (307, Some(false)),
        (408, Some(false)),
        (429, Some(false)),
        (500, Some(false)),
        (503, Some(false)),
        (200, None),
        (202, None),
    ] {
        let provider = Provider::that_says([(status, "no".to_owned())]).await;
        let sent = by_webhook(&provider.url).send(&text_to(NUMBER)).await;
        let refused = sent.err().map(|error| matches!(error, NotSent::Never(_)));
        assert_eq!(refused, never, "{status}");
        assert_eq!(provider.asked().len(), 1, "no redirect is followed");
    }
}

#[tokio::test]
async fn one_that_is_gone_is_not_asked_again() {
    let provider = Provider::that_says([(410, String::new()), (200, String::new())]).await;
    let texter = by_webhook(&provider.url);
    for _ in 0..3 {
        let error = texter.send(&text_to(NUMBER)).await.unwrap_err();
        assert!(matches!(error, NotSent::Later(_)), "{error}");
    }
    assert_eq!(provider.asked().len(), 1);
    // Until a restart.
    let restarted = by_webhook(&provider.url);
    restarted.send(&text_to(NUMBER)).await.unwrap();
}

#[tokio::test]
async fn it_reaches_into_no_private_network_unless_that_is_allowed() {
    let provider = Provider::that_says([(200, String::new())]).await;
    let port = provider.url.rsplit_once(':').unwrap().1;
    let new = |url: &str| {
        let webhook = WebhookSettings {
            allow_private: false,
            ..webhook(url)
        };
        let clock = std::sync::Arc::new(MockClock::default());
        let settings = TexterSettings {
            webhook: Some(webhook),
            ..settings("*=webhook")
        };
        Texter::new(settings, clock)
    };
    for url in [&provider.url, "https://127.0.0.1/", "http://sms.example/"] {
        let error = new(url).unwrap_err();
        assert!(matches!(error, InvalidTexter::Url { .. }), "{error}");
        assert!(error.to_string().contains("sms.webhook.url"), "{error}");
    }
    let texter = new(&format!("https://localhost:{port}/")).unwrap();
    let error = texter.send(&text_to(NUMBER)).await.unwrap_err();
    assert!(matches!(error, NotSent::Later(_)), "{error}");
    assert!(provider.asked().is_empty());
}

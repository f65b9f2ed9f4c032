//! Twilio's API, as its documentation says it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::Clock;
use countersign_service::delivery::NotSent;
use countersign_service::delivery::sms::{Sender, TexterSettings, TwilioSettings};
use countersign_testkit::MockClock;
use serde_json::json;

use crate::provider::{Provider, Said, raw};
use crate::{ACCOUNT, TOKEN, by_twilio, settings, text_to, texter, twilio};

const NUMBER: &str = "+447400000001";

/// The message resource, as Twilio answers that it took one.
fn created() -> Said {
    let message = json!({
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": "123456 is your code.",
        "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
        "direction": "outbound-api",
        "error_code": null,
        "error_message": null,
        "num_segments": "1",
        "sid": "SM0123456789abcdef0123456789abcdef",
        "status": "queued",
        "to": NUMBER,
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/SM0123.json"),
    });
    (201, message.to_string())
}

/// An error, as Twilio says one.
fn error(status: u16, code: u32) -> Said {
    let problem = json!({
        "code": code,
        "message": format!("The 'To' number {NUMBER} is not right."),
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status,
    });
    (status, problem.to_string())
}

fn form(body: &str) -> Vec<(String, String)> {
    let pairs = url::form_urlencoded::parse(body.as_bytes());
    let mut pairs: Vec<_> = pairs.into_owned().collect();
    pairs.sort();
    pairs
}

#[tokio::test]
async fn a_message_is_one_post() {
    let provider = Provider::that_says([created()]).await;
    let text = text_to(NUMBER);
    by_twilio(&provider.url).send(&text).await.unwrap();
    let asked = &provider.asked()[0];
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    assert_eq!(asked.path, path);
    let basic = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
    assert_eq!(asked.headers["authorization"], basic.as_str());
    let kind = "application/x-www-form-urlencoded";
    assert_eq!(asked.headers["content-type"], kind);
    let expected = [
        ("Body", text.body.expose().as_str()),
        ("From", "+15005550006"),
        ("To", NUMBER),
        ("ValidityPeriod", "300"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(form(&asked.body), expected);
}

#[tokio::test]
async fn a_messaging_service_and_an_api_key_are_named_by_their_sids() {
    let provider = Provider::that_says([created()]).await;
    let twilio = TwilioSettings {
        // A slash at its end makes no difference.
        base_url: format!("{}/", provider.url),
        api_key_sid: Some("SK0123".to_owned()),
        sender: Sender::MessagingService("MG0123".to_owned()),
        ..twilio("")
    };
    let texter = texter(TexterSettings {
        twilio: Some(twilio),
        ..settings("*=twilio")
    });
    texter.send(&text_to(NUMBER)).await.unwrap();
    let asked = &provider.asked()[0];
    assert!(asked.path.ends_with(&format!("/{ACCOUNT}/Messages.json")));
    assert!(asked.path.starts_with("/2010-04-01"), "{}", asked.path);
    let basic = format!("Basic {}", STANDARD.encode(format!("SK0123:{TOKEN}")));
    assert_eq!(asked.headers["authorization"], basic.as_str());
    let form = form(&asked.body);
    let service = ("MessagingServiceSid".to_owned(), "MG0123".to_owned());
    assert!(form.contains(&service) && !form.iter().any(|(name, _)| name == "From"));
}

#[tokio::test]
async fn errors_say_whether_another_attempt_makes_sense() {
    for (said, never) in [
        (error(400, 21_211), true),
        (error(400, 21_614), true),
        (error(400, 21_610), true),
        (error(400, 21_408), false),
        (error(401, 20_003), false),
        (error(404, 20_404), false),
        (error(429, 20_429), false),
        ((429, String::new()), false),
        (
            (500, "<html>Internal Server Error</html>".to_owned()),
            false,
        ),
        ((503, "{\"code\": \"none\"}".to_owned()), false),
        ((302, String::new()), false),
        // More than anybody reads of an answer.
        ((400, "x".repeat(1 << 20)), false),
    ] {
        let provider = Provider::that_says([said.clone()]).await;
        let sent = by_twilio(&provider.url).send(&text_to(NUMBER)).await;
        let error = sent.unwrap_err();
        assert_eq!(matches!(error, NotSent::Never(_)), never, "{error}");
        let why = error.to_string();
        assert!(why.contains(&format!("status {}", said.0)), "{why}");
        assert!(!why.contains("7400000001"), "{why}");
        assert_eq!(provider.asked().len(), 1, "no redirect is followed");
    }
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    const HALF: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-length: 4000\r\n\r\n{\"sid\": \"SM";
    for (bytes, hold, why) in [
        (&b""[..], true, "in time"),
        (&b""[..], false, "broke"),
        (HALF, true, "in time"),
        (HALF, false, "broke"),
        (&b"220 smtp.example ESMTP\r\n"[..], false, "broke"),
    ] {
        let (url, _server) = raw(bytes, hold).await;
        let error = by_twilio(&url).send(&text_to(NUMBER)).await.unwrap_err();
        let NotSent::Unknown(said) = error else {
            panic!("{error}");
        };
        assert!(said.contains(why), "{said} for {bytes:?}");
    }
    let (url, server) = raw(b"", false).await;
    drop(server);
    let error = by_twilio(&url).send(&text_to(NUMBER)).await.unwrap_err();
    assert!(matches!(error, NotSent::Later(_)), "{error}");
}

#[tokio::test]
async fn what_is_of_no_use_any_more_is_not_sent() {
    let provider = Provider::that_says([created()]).await;
    let mut text = text_to(NUMBER);
    text.expires_at = MockClock::default().now().plus(Duration::from_millis(900));
    let error = by_twilio(&provider.url).send(&text).await.unwrap_err();
    assert!(matches!(error, NotSent::Never(_)), "{error}");
    assert!(provider.asked().is_empty());
}

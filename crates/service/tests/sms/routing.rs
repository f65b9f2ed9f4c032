//! Which provider a message goes to, and which next.

use countersign_service::delivery::NotSent;
use countersign_service::delivery::sms::{InvalidTexter, Texter, TexterSettings};
use countersign_testkit::MockClock;

use crate::provider::{Provider, Said, raw};
use crate::{settings, text_to, texter, twilio, webhook};

fn said(status: u16, code: u32) -> Said {
    (status, format!("{{\"code\": {code}}}"))
}

fn both(routes: &str, first: &Provider, second: &Provider) -> Texter {
    texter(TexterSettings {
        twilio: Some(twilio(&first.url)),
        webhook: Some(webhook(&second.url)),
        ..settings(routes)
    })
}

#[tokio::test]
async fn a_number_goes_by_its_longest_beginning() {
    let first = Provider::that_says([said(201, 0)]).await;
    let second = Provider::that_says([(200, String::new())]).await;
    let texter = both("44=twilio *=webhook 447797=webhook", &first, &second);
    for number in ["+447400000001", "+447797712345", "+34612000001"] {
        texter.send(&text_to(number)).await.unwrap();
    }
    assert_eq!((first.asked().len(), second.asked().len()), (1, 2));

    let some = both("44=twilio,webhook", &first, &second);
    let error = some.send(&text_to("+34612000001")).await.unwrap_err();
    assert!(matches!(error, NotSent::Never(_)), "{error}");
}

#[tokio::test]
async fn the_next_provider_is_asked_at_once_unless_the_number_is_wrong() {
    for (status, code, next) in [
        (503, 0, true),
        (429, 20_429, true),
        (401, 20_003, true),
        (400, 21_408, true),
        (400, 30_007, true),
        (400, 21_211, false),
        (400, 21_610, false),
    ] {
        let first = Provider::that_says([said(status, code)]).await;
        let second = Provider::that_says([(200, String::new())]).await;
        let texter = both("*=twilio,webhook", &first, &second);
        let sent = texter.send(&text_to("+447400000001")).await;
        assert_eq!(sent.is_ok(), next, "{code}: {sent:?}");
        assert_eq!(second.asked().len(), usize::from(next), "{code}");
        if next {
            let (first, second) = (&first.asked()[0], &second.asked()[0]);
            assert!(first.body.contains("447400000001") && second.body.contains("447400000001"));
        }
    }
}

/// Whoever took it without a word has charged for it: the next would charge again.
#[tokio::test]
async fn what_may_have_been_sent_goes_to_no_other_provider() {
    let (silent, _server) = raw(b"", false).await;
    let other = Provider::that_says([said(201, 0)]).await;
    let texter_by = |routes, first: &str, second: &str| {
        texter(TexterSettings {
            twilio: Some(twilio(first)),
            webhook: Some(webhook(second)),
            ..settings(routes)
        })
    };
    let by_twilio = texter_by("*=twilio,webhook", &silent, &other.url);
    let error = by_twilio.send(&text_to("+447400000001")).await.unwrap_err();
    assert!(matches!(error, NotSent::Unknown(_)), "{error}");
    // A webhook knows the message by its id when it comes again.
    let by_webhook = texter_by("*=webhook,twilio", &other.url, &silent);
    let error = by_webhook
        .send(&text_to("+447400000001"))
        .await
        .unwrap_err();
    assert!(matches!(error, NotSent::Later(_)), "{error}");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn where_none_takes_it_now_it_is_tried_later() {
    let first = Provider::that_says([said(401, 20_003)]).await;
    let second = Provider::that_says([(500, String::new())]).await;
    let texter = both("*=twilio,webhook", &first, &second);
    let error = texter.send(&text_to("+447400000001")).await.unwrap_err();
    assert!(matches!(error, NotSent::Later(_)), "{error}");
    assert!(error.to_string().contains("webhook"), "{error}");
}

#[tokio::test]
async fn a_route_by_a_provider_that_is_not_set_up_is_refused() {
    let provider = Provider::that_says([said(201, 0)]).await;
    let settings = TexterSettings {
        twilio: Some(twilio(&provider.url)),
        ..settings("44=twilio,webhook")
    };
    let clock = std::sync::Arc::new(MockClock::default());
    let error = Texter::new(settings, clock).unwrap_err();
    assert!(matches!(error, InvalidTexter::NotSetUp(_)), "{error}");
    assert!(error.to_string().contains("webhook"), "{error}");
}

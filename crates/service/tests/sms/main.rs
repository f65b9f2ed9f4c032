//! SMS on their way to providers, which are servers on loopback that speak the documented API.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod provider;
mod routing;
mod twilio;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::id::MessageId;
use countersign_domain::partner::Slug;
use countersign_domain::{Clock, Secret, SystemEntropy};
use countersign_service::delivery::sms::{
    Routes, Sender, Text, Texter, TexterSettings, TwilioSettings, WebhookSettings,
};
use countersign_testkit::MockClock;

/// Long for a server on this machine, short for whoever waits for one that hangs.
const TIME_OUT: Duration = Duration::from_millis(700);
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "an auth token";
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn text_to(number: &str) -> Text {
    let now = MockClock::default().now();
    Text {
        id: MessageId::generate(now, &SystemEntropy::default()),
        partner: Slug::default_partner(),
        to: Secret::new(number.to_owned()),
        body: Secret::new("123456 is your code. ¿Sí?\n\n@market.example #123456".to_owned()),
        expires_at: now.plus(Duration::from_secs(300)),
    }
}

fn twilio(url: &str) -> TwilioSettings {
    TwilioSettings {
        base_url: url.to_owned(),
        account_sid: ACCOUNT.to_owned(),
        api_key_sid: None,
        secret: Secret::new(TOKEN.to_owned()),
        sender: Sender::From("+15005550006".to_owned()),
    }
}

fn webhook(url: &str) -> WebhookSettings {
    WebhookSettings {
        url: url.to_owned(),
        secrets: SECRET.parse().unwrap(),
        allow_private: true,
    }
}

fn settings(routes: &str) -> TexterSettings {
    TexterSettings {
        routes: routes.parse::<Routes>().unwrap(),
        twilio: None,
        webhook: None,
        time_out: TIME_OUT,
    }
}

fn texter(settings: TexterSettings) -> Texter {
    Texter::new(settings, Arc::new(MockClock::default())).unwrap()
}

fn by_twilio(url: &str) -> Texter {
    texter(TexterSettings {
        twilio: Some(twilio(url)),
        ..settings("*=twilio")
    })
}

fn by_webhook(url: &str) -> Texter {
    texter(TexterSettings {
        webhook: Some(webhook(url)),
        ..settings("*=webhook")
    })
}

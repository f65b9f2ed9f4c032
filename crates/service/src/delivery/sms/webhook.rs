//! A webhook of the operator's own, signed as Standard Webhooks says
//! (<https://www.standardwebhooks.com>). Whatever sends SMS can be attached to it.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::{Secret, Timestamp};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use serde::Serialize;
use url::Url;

use super::http::{self, Reach};
use super::{InvalidTexter, Refused, Text};

/// How the webhook is asked.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Where it is.
    pub url: String,
    /// What its requests are signed with.
    pub secrets: WebhookSecrets,
    /// Whether it may be in a private network, and without TLS.
    pub allow_private: bool,
}

/// What requests are signed with: the new secret and, while receivers change over, the old.
#[derive(Clone, Debug)]
pub struct WebhookSecrets(Vec<Secret<Vec<u8>>>);

/// The text is no secrets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "write whsec_ and 24 to 64 random bytes as base64; more than one with a space between. \
     `echo whsec_$(head -c 32 /dev/urandom | base64)` makes one"
)]
pub struct InvalidWebhookSecrets;

impl FromStr for WebhookSecrets {
    type Err = InvalidWebhookSecrets;

    fn from_str(text: &str) -> Result<Self, InvalidWebhookSecrets> {
        let secrets = text.split_whitespace().map(|secret| {
            let bytes = secret.strip_prefix("whsec_")?;
            let bytes = Secret::new(STANDARD.decode(bytes).ok()?);
            (24..=64).contains(&bytes.expose().len()).then_some(bytes)
        });
        let secrets: Option<Vec<_>> = secrets.collect();
        let secrets = secrets.filter(|secrets| !secrets.is_empty());
        secrets.map(Self).ok_or(InvalidWebhookSecrets)
    }
}

pub(super) struct Webhook {
    client: Client,
    url: Url,
    keys: Vec<hmac::Key>,
    /// It said that it is gone for good.
    gone: AtomicBool,
}

/// The body. `docs/operate/sms.md` describes it: members may be added, none change.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    to: &'a str,
    body: &'a str,
    partner: &'a str,
    expires_at: String,
}

impl Webhook {
    pub(super) fn new(
        settings: WebhookSettings,
        time_out: Duration,
    ) -> Result<Self, InvalidTexter> {
        let reach = if settings.allow_private {
            Reach::Anywhere
        } else {
            Reach::Public("or set `sms.webhook.allow_private` if it is meant")
        };
        let (client, url) = http::client("sms.webhook.url", &settings.url, reach, time_out)?;
        let secrets = settings.secrets.0.iter();
        let keys = secrets.map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose()));
        Ok(Self {
            client,
            url,
            keys: keys.collect(),
            gone: AtomicBool::new(false),
        })
    }

    pub(super) async fn send(&self, text: &Text, now: Timestamp) -> Result<(), Refused> {
        if self.gone.load(Ordering::Relaxed) {
            let why = "it answered 410 and is not asked again until a restart";
            return Err(Refused::Account(why.to_owned()));
        }
        let body = Body {
            r#type: "sms.send",
            timestamp: now.to_string(),
            data: Data {
                to: text.to.expose(),
                body: text.body.expose(),
                partner: text.partner.as_str(),
                expires_at: text.expires_at.to_string(),
            },
        };
        let body = serde_json::to_string(&body).expect("plain data always serialises");
        let id = text.id.to_string();
        let seconds = now.as_unix_millis() / 1000;
        let signatures = self.sign(&format!("{id}.{seconds}.{body}"));
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signatures);
        let asked = http::ask(request.body(body)).await;
        let (status, _) = asked.map_err(|refused| match refused {
            Refused::Unknown(why) => Refused::Again(why),
            refused => refused,
        })?;
        self.judge(status)
    }

    /// A signature with each secret.
    fn sign(&self, content: &str) -> String {
        let keys = self.keys.iter();
        let signatures = keys.map(|key| {
            let tag = hmac::sign(key, content.as_bytes());
            format!("v1,{}", STANDARD.encode(tag))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }

    fn judge(&self, status: StatusCode) -> Result<(), Refused> {
        let said = format!("status {}", status.as_u16());
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => {
                self.gone.store(true, Ordering::Relaxed);
                tracing::error!("the SMS webhook answered 410: it is not asked until a restart");
                Err(Refused::Account(said))
            }
            StatusCode::UNPROCESSABLE_ENTITY => Err(Refused::Number(said)),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Err(Refused::Later(said))
            }
            status if status.is_server_error() => Err(Refused::Later(said)),
            // A redirect is not followed: what is signed is for this URL alone.
            _ => Err(Refused::Account(said)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_secret() {
        let good = format!("whsec_{}", STANDARD.encode([7; 32]));
        for text in [
            "",
            "whsec_",
            "secret",
            &good["whsec_".len()..],
            &format!("whsec_{}", STANDARD.encode([7; 23])),
            &format!("whsec_{}", STANDARD.encode([7; 65])),
            &format!("{good},{good}"),
        ] {
            let read = text.parse::<WebhookSecrets>();
            assert!(read.is_err(), "{text}");
        }
        let two = format!("{good} {good}").parse::<WebhookSecrets>();
        assert_eq!(two.expect("two secrets").0.len(), 2);
    }
}

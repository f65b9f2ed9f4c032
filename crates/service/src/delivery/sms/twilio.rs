//! Twilio: one POST for each message (<https://www.twilio.com/docs/messaging/api/message-resource>).

use std::time::Duration;

use countersign_domain::{Secret, Timestamp};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use url::Url;

use super::http::{self, Reach};
use super::{InvalidTexter, Refused, Text};

/// The longest that Twilio may keep a message waiting, in seconds.
const LONGEST_VALIDITY: u64 = 36_000;

/// How Twilio is asked.
#[derive(Clone, Debug)]
pub struct TwilioSettings {
    /// Where its API is: another for its other regions.
    pub base_url: String,
    /// The account's SID, `AC…`.
    pub account_sid: String,
    /// An API key's SID, `SK…`; without one the account itself asks.
    pub api_key_sid: Option<String>,
    /// The API key's secret, or the account's auth token.
    pub secret: Secret<String>,
    /// From whom messages are.
    pub sender: Sender,
}

/// From whom messages are.
#[derive(Clone, Debug)]
pub enum Sender {
    /// A number or a name.
    From(String),
    /// A messaging service, by its SID, `MG…`, which has numbers and names of its own.
    MessagingService(String),
}

pub(super) struct Twilio {
    client: Client,
    url: Url,
    settings: TwilioSettings,
}

/// What an error's body says; its message may repeat the number, so it is not read.
#[derive(Deserialize)]
struct Problem {
    code: Option<u32>,
}

impl Twilio {
    pub(super) fn new(settings: TwilioSettings, time_out: Duration) -> Result<Self, InvalidTexter> {
        let key = "sms.twilio.base_url";
        // Without TLS to this machine alone, where a server stands in for Twilio.
        let local = settings.base_url.starts_with("http://127.0.0.1:");
        let reach = if local {
            Reach::Anywhere
        } else {
            Reach::Public("or http://127.0.0.1 and a port, for a server on this machine")
        };
        let (client, mut url) = http::client(key, &settings.base_url, reach, time_out)?;
        let path = [
            "2010-04-01",
            "Accounts",
            &settings.account_sid,
            "Messages.json",
        ];
        let segments = url.path_segments_mut();
        let mut segments = segments.map_err(|()| InvalidTexter::Url {
            key,
            right: "write https:// and a host".to_owned(),
        })?;
        segments.pop_if_empty().extend(path);
        drop(segments);
        Ok(Self {
            client,
            url,
            settings,
        })
    }

    pub(super) async fn send(&self, text: &Text, now: Timestamp) -> Result<(), Refused> {
        let life = text.expires_at.since(now).as_secs();
        if life == 0 {
            return Err(Refused::Number("its time is over".to_owned()));
        }
        let validity = life.min(LONGEST_VALIDITY).to_string();
        let sender = match &self.settings.sender {
            Sender::From(from) => ("From", &**from),
            Sender::MessagingService(sid) => ("MessagingServiceSid", &**sid),
        };
        let (to, body) = (&**text.to.expose(), &**text.body.expose());
        let form = [
            ("To", to),
            ("Body", body),
            ("ValidityPeriod", &validity),
            sender,
        ];
        let user = self.settings.api_key_sid.as_ref();
        let user = user.unwrap_or(&self.settings.account_sid);
        let request = self.client.post(self.url.clone());
        let request = request.basic_auth(user, Some(self.settings.secret.expose()));
        let (status, body) = http::ask(request.form(&form)).await?;
        if status.is_success() {
            return Ok(());
        }
        let problem: Option<Problem> = serde_json::from_slice(&body).ok();
        Err(refusal(status, problem.and_then(|problem| problem.code)))
    }
}

/// What an error means (<https://www.twilio.com/docs/api/errors>).
fn refusal(status: StatusCode, code: Option<u32>) -> Refused {
    let said = match code {
        Some(code) => format!("error {code}, status {}", status.as_u16()),
        None => format!("status {}", status.as_u16()),
    };
    match code {
        // Too many at once; its queue is full; the phone is off; it does not know itself.
        Some(20_429 | 14_107 | 30_001 | 30_003 | 30_008 | 30_022) => Refused::Later(said),
        // No number; none that takes SMS; one that wants none any more; one that is blocked.
        Some(21_211 | 21_214 | 21_217 | 21_610 | 21_614 | 21_635 | 30_004..=30_006) => {
            Refused::Number(said)
        }
        _ if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            Refused::Later(said)
        }
        // Wrong credentials (20003), a country that the account may not send to (21408), a
        // sender that cannot reach it (21612), filtered (30007), and whatever else.
        _ => Refused::Account(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_number_is_wrong_with_every_provider() {
        let number = |code| {
            matches!(
                refusal(StatusCode::BAD_REQUEST, Some(code)),
                Refused::Number(_)
            )
        };
        let account = |status, code| matches!(refusal(status, code), Refused::Account(_));
        let later = |status, code| matches!(refusal(status, code), Refused::Later(_));
        for code in [21_211, 21_610, 21_614, 30_004, 30_005, 30_006] {
            assert!(number(code), "{code}");
        }
        for code in [21_408, 21_606, 21_612, 21_617, 30_002, 30_007, 99_999] {
            assert!(account(StatusCode::BAD_REQUEST, Some(code)), "{code}");
        }
        assert!(account(StatusCode::UNAUTHORIZED, Some(20_003)));
        assert!(account(StatusCode::NOT_FOUND, None));
        assert!(account(StatusCode::FOUND, None));
        assert!(later(StatusCode::TOO_MANY_REQUESTS, Some(20_429)));
        assert!(later(StatusCode::TOO_MANY_REQUESTS, None));
        assert!(later(StatusCode::BAD_REQUEST, Some(30_001)));
        assert!(later(StatusCode::BAD_GATEWAY, None));
    }
}

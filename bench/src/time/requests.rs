//! What is asked, and how long the answer takes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use countersign_domain::{Clock, SystemClock};
use serde_json::{Value, json};

use super::people::{Person, Who};
use crate::Error;
use crate::connection::Connection;

/// A request that must not tell who is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// The first step of a log-in with a code.
    Begin,
    /// Its code once more.
    SendAgain,
    /// A reset of the password.
    Reset,
    /// A log-in with a password, which is wrong.
    Password,
}

impl Asked {
    pub(super) const ALL: [Self; 4] = [Self::Begin, Self::SendAgain, Self::Reset, Self::Password];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin by code",
            Self::SendAgain => "send it again",
            Self::Reset => "ask for a reset",
            Self::Password => "a wrong password",
        }
    }

    /// Path, body and the status that answers it.
    fn request(self, person: &Person) -> (String, String, u16) {
        let identity = json!({ "type": "email", "value": person.address() });
        let tokens = || "/v1/tokens".to_owned();
        match self {
            Self::Begin => {
                let body = json!({ "identity": identity, "authenticator": "email" });
                (tokens(), body.to_string(), 201)
            }
            Self::SendAgain => {
                let path = format!("/v1/tokens/{}/code", person.log_in);
                (path, String::new(), 202)
            }
            Self::Reset => {
                let body = json!({ "identity": identity });
                ("/v1/password-resets".to_owned(), body.to_string(), 202)
            }
            Self::Password => {
                let body = json!({
                    "identity": identity,
                    "authenticator": "password",
                    "secret": "another long password",
                });
                (tokens(), body.to_string(), 401)
            }
        }
    }
}

/// A request that was answered.
pub(super) struct Timed {
    pub(super) asked: Asked,
    pub(super) who: Who,
    /// For whom the same was asked just before.
    pub(super) after: Option<Who>,
    pub(super) micros: f64,
}

/// Asks, and takes the times.
pub(super) struct Client<'a> {
    server: SocketAddr,
    timed: &'a mut Vec<Timed>,
}

impl<'a> Client<'a> {
    pub(super) fn new(server: SocketAddr, timed: &'a mut Vec<Timed>) -> Self {
        Self { server, timed }
    }

    /// Asks the same for all of them, one after another on one connection. Returns them, with
    /// the log-ins begun.
    pub(super) async fn all(
        &mut self,
        asked: Asked,
        mut people: Vec<Person>,
    ) -> Result<Vec<Person>, Error> {
        let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut connection = Connection::open(from, self.server).await?;
        let mut after = None;
        for person in &mut people {
            let (path, body, expected) = asked.request(person);
            let begun = SystemClock.uptime();
            let answer = connection.post(&path, None, &body).await?;
            let taken = SystemClock.uptime().saturating_sub(begun);
            if answer.status != expected {
                let (what, status) = (asked.name(), answer.status);
                return Err(format!("{what} was answered with {status}: {}", answer.body).into());
            }
            if asked == Asked::Begin {
                let answer: Value = serde_json::from_str(&answer.body)?;
                person.log_in = answer["id"].as_str().unwrap_or_default().to_owned();
            }
            let who = person.who;
            let micros = taken.as_secs_f64() * 1e6;
            self.timed.push(Timed {
                asked,
                who,
                after,
                micros,
            });
            after = Some(who);
        }
        Ok(people)
    }
}

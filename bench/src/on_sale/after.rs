//! After the crash: whether all that was acknowledged is still so.

use std::net::{Ipv4Addr, SocketAddr};

use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;

use super::venue::Venue;
use crate::Error;
use crate::connection::{Connection, request};

/// Connections that ask.
const CONNECTIONS: usize = 32;

/// How many of a kind were asked for again, and what was not as it should be.
#[derive(Debug, Default, Serialize)]
pub(super) struct Checked {
    pub(super) what: &'static str,
    pub(super) asked: usize,
    pub(super) failed: usize,
    /// The first answers that were wrong.
    pub(super) answers: Vec<String>,
}

/// A request, and what has to answer it.
type Question = (Vec<u8>, u16);

/// Asks a server that was started anew for everything in the ledger.
pub(super) async fn check(venue: &Venue, address: SocketAddr) -> Result<Vec<Checked>, Error> {
    let entries = venue.ledger.entries();
    let redeem = |token: &String, status| {
        let body = json!({ "token": token });
        (
            venue.by_backend("/v1/one-time-tokens/redeem", &body),
            status,
        )
    };
    let exchange = |token: &str, status| (with("/v1/sessions", "Basic", token), status);
    let signed_in = entries.signed_in.iter().map(|token| exchange(token, 201));
    let ended = entries.signed_out.iter();
    let ended = ended.map(|device| exchange(&device.authentication, 401));
    let sessions = entries.signed_out.iter();
    let sessions = sessions.map(|device| (verify(&device.session), 401));
    let staying = venue.all_staying().iter();
    let staying = staying.map(|device| (verify(&device.session), 200));
    let used = entries.used.iter().map(|(id, code)| {
        let headers = [("content-type", "application/json")];
        let path = format!("/v1/tokens/{id}/secret");
        let body = json!({ "secret": code }).to_string();
        (request("POST", &path, headers, &body), 401)
    });
    let redeemed = entries.redeemed.iter().map(|token| redeem(token, 401));
    let spare = venue.ready.spare.iter().map(|token| redeem(token, 200));
    let all: [(_, Vec<Question>); 7] = [
        (
            "authentications of log-ins and redemptions open a session",
            signed_in.collect(),
        ),
        (
            "authentications that were signed out open none",
            ended.collect(),
        ),
        (
            "sessions that were signed out stay ended",
            sessions.collect(),
        ),
        ("sessions of the others are verified", staying.collect()),
        (
            "one-time tokens that were redeemed are refused",
            redeemed.collect(),
        ),
        ("codes that were used are refused", used.collect()),
        (
            "one-time tokens that nobody redeemed are redeemed",
            spare.collect(),
        ),
    ];
    let mut checked = Vec::new();
    for (what, questions) in all {
        checked.push(ask(address, what, questions).await?);
    }
    Ok(checked)
}

fn with(path: &str, scheme: &str, token: &str) -> Vec<u8> {
    let credential = format!("{scheme} {token}");
    request("POST", path, [("authorization", credential.as_str())], "")
}

fn verify(session: &str) -> Vec<u8> {
    with("/v1/sessions/verify", "Bearer", session)
}

async fn ask(
    address: SocketAddr,
    what: &'static str,
    questions: Vec<Question>,
) -> Result<Checked, Error> {
    let mut checked = Checked {
        what,
        asked: questions.len(),
        ..Checked::default()
    };
    let mut tasks = JoinSet::new();
    for part in questions.chunks(questions.len().div_ceil(CONNECTIONS).max(1)) {
        let part = part.to_vec();
        let mut connection = Connection::open(Ipv4Addr::LOCALHOST.into(), address).await?;
        tasks.spawn(async move {
            let mut wrong = Vec::new();
            for (question, status) in part {
                let answer = connection.send(&question).await?;
                if answer.status != status {
                    wrong.push(format!("{}: {}", answer.status, answer.body));
                }
            }
            Ok::<_, Error>(wrong)
        });
    }
    for wrong in tasks.join_all().await {
        let wrong = wrong?;
        checked.failed += wrong.len();
        checked.answers.extend(wrong.into_iter().take(3));
    }
    Ok(checked)
}

//! What people do.

use std::time::Duration;

use serde_json::{Value, json};

use super::browser::by_page;
use super::ledger::Device;
use super::operation::Operation;
use super::tally::Outcome;
use super::venue::{Venue, by_person, home, now};
use crate::connection::request;
use crate::server::PASSWORD;
use crate::users;

/// How long somebody looks for a mail.
const PATIENCE: Duration = Duration::from_secs(60);

/// The application's API has a session verified.
pub(super) async fn verify(venue: &Venue, due: Duration) {
    let bearer = format!("Bearer {}", venue.staying().session);
    let headers = [("authorization", bearer.as_str())];
    let verify = request("POST", "/v1/sessions/verify", headers, "");
    venue
        .asker
        .insist(Operation::Verify, due, &verify, &[200])
        .await;
}

/// A device opens a session.
pub(super) async fn exchange(venue: &Venue, due: Duration) {
    let basic = format!("Basic {}", venue.staying().authentication);
    let headers = [("authorization", basic.as_str())];
    let exchange = request("POST", "/v1/sessions", headers, "");
    venue
        .asker
        .insist(Operation::Exchange, due, &exchange, &[201])
        .await;
}

/// Somebody logs in with a password on a new device.
pub(super) async fn password(venue: &Venue, due: Duration) -> Option<()> {
    let user = venue.somebody()?;
    let body = log_in(user, "password", json!({}));
    sign_in(
        venue,
        Operation::LogIn,
        due,
        &by_person("/v1/tokens", home(user), &body),
    )
    .await
}

/// The same on a device that was here before.
pub(super) async fn known_password(venue: &Venue, due: Duration) -> Option<()> {
    let Device {
        user,
        authentication,
        ..
    } = venue.leaving()?;
    let body = log_in(*user, "password", json!({ "token": authentication }));
    let request = by_person("/v1/tokens", home(*user), &body);
    sign_in(venue, Operation::LogInKnown, due, &request).await
}

async fn sign_in(venue: &Venue, operation: Operation, due: Duration, request: &[u8]) -> Option<()> {
    let answer = venue.asker.insist(operation, due, request, &[201]).await?;
    let token = venue.text(operation, &answer, "/token")?;
    venue.ledger.add(|entries| entries.signed_in.push(token));
    Some(())
}

/// Somebody asks for a code, waits for the mail, and brings the code back.
pub(super) async fn code(venue: &Venue, due: Duration) -> Option<()> {
    let (user, asker) = (venue.somebody()?, &venue.asker);
    let mail = venue.next_mail(&users::address(user));
    let body = json!({
        "identity": { "type": "email", "value": users::address(user) },
        "authenticator": "email",
    });
    let begin = by_person("/v1/tokens", home(user), &body);
    let begun = asker
        .insist(Operation::BeginByCode, due, &begin, &[201])
        .await?;
    let id = venue.text(Operation::BeginByCode, &begun, "/id")?;

    asker.tally.offer(Operation::Mail, due);
    let mail = tokio::time::timeout(PATIENCE, mail);
    let Some(Ok(Ok(code))) = asker.before_the_end(mail).await else {
        asker.missing(Operation::Mail, due, &"no mail came");
        return None;
    };
    asker.tally.note(Operation::Mail, due, Outcome::Served);

    let path = format!("/v1/tokens/{id}/secret");
    let answer = by_person(&path, home(user), &json!({ "secret": code }));
    let answer = asker
        .insist(Operation::BringCode, now(), &answer, &[200])
        .await?;
    let token = venue.text(Operation::BringCode, &answer, "/token")?;
    venue.ledger.add(|entries| {
        entries.signed_in.push(token);
        entries.used.push((id, code));
    });
    Some(())
}

/// The partner vouches for somebody, and the application redeems the one-time token.
pub(super) async fn trust_by_app(venue: &Venue, due: Duration) -> Option<()> {
    let body = json!({ "email": users::address(venue.somebody()?) });
    let mint = venue.by_backend("/v1/auth/oneTimeToken", &body);
    let minted = venue
        .asker
        .insist(Operation::Mint, due, &mint, &[200])
        .await?;
    let token = venue.text(Operation::Mint, &minted, "/data")?;
    let redeem = venue.by_backend("/v1/one-time-tokens/redeem", &json!({ "token": token }));
    let redeemed = venue
        .asker
        .insist(Operation::Redeem, now(), &redeem, &[200])
        .await?;
    let authentication = venue.text(Operation::Redeem, &redeemed, "/authentication/token")?;
    venue.ledger.add(|entries| {
        entries.signed_in.push(authentication);
        entries.redeemed.push(token);
    });
    Some(())
}

/// The partner makes a link for somebody, and their browser follows it through the hosted page.
pub(super) async fn trust_by_page(venue: &Venue, due: Duration) -> Option<()> {
    let user = venue.somebody()?;
    let body = json!({
        "flow": "buy",
        "params": { "event": "7" },
        "user": { "email": users::address(user) },
        "from": "app",
    });
    let link = venue.by_backend("/v1/links", &body);
    let made = venue
        .asker
        .insist(Operation::Link, due, &link, &[201])
        .await?;
    let link = venue.text(Operation::Link, &made, "/data")?;
    let (token, authentication) = by_page(venue, home(user), &link).await?;
    venue.ledger.add(|entries| {
        entries.signed_in.push(authentication);
        entries.redeemed.push(token);
    });
    Some(())
}

/// A device signs out, and its session is nothing from then on.
pub(super) async fn sign_out(venue: &Venue, due: Duration) -> Option<()> {
    let device = venue.leaving()?;
    let bearer = format!("Bearer {}", device.session);
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/v1/tokens/{}", device.id);
    let sign_out = request("DELETE", &path, headers, "");
    venue
        .asker
        .insist(Operation::SignOut, due, &sign_out, &[204])
        .await?;
    let device = device.clone();
    venue.ledger.add(|entries| entries.signed_out.push(device));
    let verify = request("POST", "/v1/sessions/verify", headers, "");
    venue
        .asker
        .insist(Operation::VerifyEnded, now(), &verify, &[401])
        .await?;
    Some(())
}

/// What a log-in sends that has its secret at once.
fn log_in(user: u64, authenticator: &str, device: Value) -> Value {
    json!({
        "device": device,
        "identity": { "type": "username", "value": format!("user{user}") },
        "authenticator": authenticator,
        "secret": PASSWORD,
    })
}

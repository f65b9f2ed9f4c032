//! What bots do, and what they must get.

use std::io::Result;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::ask::Right;
use super::operation::Operation;
use super::tally::Outcome;
use super::venue::{Venue, by_person};
use crate::users;

/// The address of whoever does everything from one.
const ALONE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
/// Whose password is guessed, and who is sent codes, over and over.
const VICTIM: u64 = 0;
/// From where connections come that ask nothing, or slowly: not through the proxy.
const SILENT: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 9);
const SLOW: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 8);
/// Bytes of a body that comes slowly: more than ever come.
const BODY: usize = 1_000;
/// Between two of them.
const PAUSE: Duration = Duration::from_secs(1);
/// What may be said to whoever is too slow.
const TOO_SLOW: &[u8] = b"HTTP/1.1 408";
/// How long a connection that is no good may be kept: a little longer than a request may take.
const PATIENCE: Duration = Duration::from_secs(45);

/// A wrong password, or a limit.
const NOT_IN: Right = Right {
    served: &[],
    refused: &[401, 429],
};
/// A one-time token that is good for nothing.
const NOT_REDEEMED: Right = Right {
    served: &[],
    refused: &[401],
};
/// A code is sent to whoever asks for one, as long as they are below the limits.
const LIMITED: Right = Right {
    served: &[201],
    refused: &[429],
};

/// An address of many.
fn somewhere(number: u32) -> Ipv4Addr {
    let [_, a, b, c] = number.to_be_bytes();
    Ipv4Addr::new(100, 64 | (a & 63), b, c)
}

/// One guess for each of many users: half of them from one address, the others from one each.
pub(super) async fn guess_many(venue: &Venue, due: Duration, number: u32) {
    let user = u64::from(number) % venue.users;
    let from = match number % 2 {
        0 => ALONE,
        _ => somewhere(number),
    };
    guess(venue, Operation::GuessMany, due, user, from).await;
}

/// Another guess for the same user.
pub(super) async fn guess_one(venue: &Venue, due: Duration, number: u32) {
    guess(venue, Operation::GuessOne, due, VICTIM, somewhere(number)).await;
}

async fn guess(venue: &Venue, operation: Operation, due: Duration, user: u64, from: Ipv4Addr) {
    let body = json!({
        // By address, and so apart from what is counted of the user who logs in by name.
        "identity": { "type": "email", "value": users::address(user) },
        "authenticator": "password",
        "secret": "a long but wrong password",
    });
    let guess = by_person("/v1/tokens", from, &body);
    venue.asker.ask(operation, due, &guess, NOT_IN).await;
}

/// Redeems what was redeemed last once more; in the beginning there is nothing yet.
pub(super) async fn replay(venue: &Venue, due: Duration) {
    if let Some(token) = venue.ledger.last_redeemed() {
        redeem(venue, Operation::Replay, due, &token).await;
    }
}

/// Redeems a one-time token that is like a real one but for one character.
pub(super) async fn invent(venue: &Venue, due: Duration, number: u32) {
    let spare = &venue.ready.spare;
    let token = &spare[number as usize % spare.len()];
    let middle = token.len() / 2;
    let (before, after) = token.split_at(middle);
    let other = if after.starts_with('A') { 'B' } else { 'A' };
    let token = format!("{before}{other}{}", &after[1..]);
    redeem(venue, Operation::Invent, due, &token).await;
}

async fn redeem(venue: &Venue, operation: Operation, due: Duration, token: &str) {
    let redeem = venue.by_backend("/v1/one-time-tokens/redeem", &json!({ "token": token }));
    venue.asker.ask(operation, due, &redeem, NOT_REDEEMED).await;
}

/// Has codes sent to many addresses, which nobody has, from one.
pub(super) async fn flood_many(venue: &Venue, due: Duration, number: u32) {
    let to = format!("nobody{number}@example.com");
    flood(venue, Operation::FloodMany, due, &to, ALONE).await;
}

/// Has codes sent to one address, from many.
pub(super) async fn flood_one(venue: &Venue, due: Duration, number: u32) {
    let to = users::address(VICTIM);
    flood(venue, Operation::FloodOne, due, &to, somewhere(number)).await;
}

async fn flood(venue: &Venue, operation: Operation, due: Duration, to: &str, from: Ipv4Addr) {
    let identity = json!({ "type": "email", "value": to });
    let body = json!({ "identity": identity, "authenticator": "email" });
    let begin = by_person("/v1/tokens", from, &body);
    venue.asker.ask(operation, due, &begin, LIMITED).await;
}

/// Sends the head of a log-in, and its body a byte a second, until it is cut off.
pub(super) async fn slow_body(venue: &Venue, due: Duration) {
    let whole = by_person("/v1/tokens", SLOW, &json!(" ".repeat(BODY)));
    let head = whole.len() - BODY;
    let send = async |mut stream: TcpStream| {
        stream.write_all(&whole[..head]).await?;
        for byte in &whole[head..] {
            tokio::select! {
                ended = ended(&mut stream) => return ended,
                () = tokio::time::sleep(PAUSE) => stream.write_all(&[*byte]).await?,
            }
        }
        ended(&mut stream).await
    };
    hold(venue, Operation::SlowBody, due, SLOW, send).await;
}

/// Connects and says nothing, until it is cut off.
pub(super) async fn silence(venue: &Venue, due: Duration) {
    let wait = async |mut stream: TcpStream| ended(&mut stream).await;
    hold(venue, Operation::Silence, due, SILENT, wait).await;
}

/// Does this on a connection of its own. It must end before long, and by the server.
async fn hold(
    venue: &Venue,
    operation: Operation,
    due: Duration,
    from: Ipv4Addr,
    then: impl AsyncFnOnce(TcpStream) -> Result<Vec<u8>>,
) {
    let asker = &venue.asker;
    asker.tally.offer(operation, due);
    let work = async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((IpAddr::V4(from), 0).into())?;
        then(socket.connect(asker.address).await?).await
    };
    let outcome = match asker
        .before_the_end(tokio::time::timeout(PATIENCE, work))
        .await
    {
        // A reset is an end too.
        Some(Ok(Err(_))) => Outcome::Refused,
        Some(Ok(Ok(said))) if said.is_empty() || said.starts_with(TOO_SLOW) => Outcome::Refused,
        Some(_) => Outcome::Wrong,
        None => Outcome::Cut,
    };
    if outcome == Outcome::Wrong {
        let fault = format!("{}: it was not cut off, or answered", operation.name());
        asker.tally.fault(fault);
    }
    asker.tally.note(operation, due, outcome);
}

/// Reads up to the end.
async fn ended(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await?;
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_many_are_those_that_carriers_share() {
        assert_eq!(somewhere(0), Ipv4Addr::new(100, 64, 0, 0));
        assert_eq!(somewhere(0xff_ff_ff), Ipv4Addr::new(100, 127, 255, 255));
    }
}

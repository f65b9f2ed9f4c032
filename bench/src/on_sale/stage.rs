//! The server before the day: its users, its partner, who is signed in, and what it can do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::ledger::Device;
use super::plan::Plan;
use crate::Error;
use crate::connection::{Connection, request};
use crate::priority::on_core;
use crate::server::{Hashing, Home, OF_ITS_OWN, Process};
use crate::users;

/// Where the hosted pages are.
pub(super) const ORIGIN: &str = "https://market.example";
pub(super) const HOST: &str = "market.example";

/// Connections that ask as fast as they are answered.
const CONNECTIONS: usize = 64;

/// A folder with all that the day needs.
pub(super) struct Stage {
    pub(super) key: String,
    home: Home,
    /// Where mails are handed over.
    mail_port: u16,
    core: usize,
}

impl Stage {
    /// Imports the users and sets up the partner. Mails will come to that port.
    pub(super) fn set(plan: &Plan, mail_port: u16) -> Result<Self, Error> {
        let home = Home::new(&plan.binary, users::all(plan.users)?)?;
        let create = ["key", "create", "--partner", "default", "--scopes"];
        let key = home.run(&[&create[..], &["mint,links,redeem"]].concat())?;
        let pages = format!("public_urls={ORIGIN}/auth");
        let flow = format!("flows.buy.url={ORIGIN}/events/{{event}}");
        // Longer than the day, so that a used one-time token is refused for nothing else.
        let life = "one_time_token_life=600s";
        home.run(&["partner", "set", "default", &pages, &flow, life])?;
        Ok(Self {
            key,
            home,
            mail_port,
            core: plan.server_core,
        })
    }

    /// Starts the server on its core. It has the limits that it has by default, but for the messages
    /// of a partner: an operator who expects such a day raises them.
    pub(super) fn start(&self) -> Result<Process, Error> {
        let port = self.mail_port.to_string();
        let settings = [
            ("COUNTERSIGN_MAIL_HOST", "127.0.0.1"),
            ("COUNTERSIGN_MAIL_PORT", port.as_str()),
            ("COUNTERSIGN_MAIL_TLS", "none"),
            ("COUNTERSIGN_MAIL_FROM", "codes@example.com"),
            ("COUNTERSIGN_SERVER_TRUSTED_PROXIES", "127.0.0.1/32"),
            ("COUNTERSIGN_LIMITS_PASSWORD_GUESSES_PER_HOUR", "10"),
            ("COUNTERSIGN_LIMITS_PARTNER_GUESSES_PER_MINUTE", "6000"),
            ("COUNTERSIGN_LIMITS_NODE_GUESSES_PER_MINUTE", "20000"),
            ("COUNTERSIGN_LIMITS_CODE_PAUSE", "60s"),
            ("COUNTERSIGN_LIMITS_PARTNER_SENDS_PER_MINUTE", "3000"),
            ("COUNTERSIGN_LIMITS_NODE_SENDS_PER_MINUTE", "3000"),
        ];
        on_core(self.core, || {
            self.home.serve_under(&[OF_ITS_OWN], &settings)
        })
    }

    /// Passwords hashed a second on the server's core, one after the other.
    pub(super) fn hashes(&self, time: Duration) -> Result<f64, Error> {
        on_core(self.core, || hash(time))
    }
}

/// Verifications a second, over connections that ask again as soon as they are answered.
pub(super) async fn saturate(
    address: SocketAddr,
    device: &Device,
    time: Duration,
) -> Result<f64, Error> {
    let bearer = format!("Bearer {}", device.session);
    let headers = [("authorization", bearer.as_str())];
    let verify: Arc<[u8]> = request("POST", "/v1/sessions/verify", headers, "").into();
    let end = SystemClock.uptime() + time;
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(Ipv4Addr::LOCALHOST.into(), address).await?;
        let verify = Arc::clone(&verify);
        tasks.spawn(async move {
            let mut verified = 0_u32;
            while SystemClock.uptime() < end {
                let answer = connection.send(&verify).await?;
                if answer.status != 200 {
                    return Err(format!("not verified: {}", answer.body).into());
                }
                verified += 1;
            }
            Ok::<_, Error>(verified)
        });
    }
    let verified: Result<Vec<_>, _> = tasks.join_all().await.into_iter().collect();
    Ok(f64::from(verified?.iter().sum::<u32>()) / time.as_secs_f64())
}

fn hash(time: Duration) -> Result<f64, Error> {
    let hashing = Hashing::new()?;
    let begun = SystemClock.uptime();
    let taken = || SystemClock.uptime().saturating_sub(begun);
    let mut hashes = 0_u32;
    while taken() < time {
        hashing.hash()?;
        hashes += 1;
    }
    Ok(f64::from(hashes) / taken().as_secs_f64())
}

/// Signs so many users in on a device each, on their partner's word.
pub(super) async fn sign_in(
    address: SocketAddr,
    key: &str,
    count: u64,
) -> Result<Vec<Device>, Error> {
    let mut tasks = JoinSet::new();
    for first in 0..CONNECTIONS as u64 {
        let mut connection = Connection::open(Ipv4Addr::LOCALHOST.into(), address).await?;
        let key = key.to_owned();
        tasks.spawn(async move {
            let mut devices = Vec::new();
            for user in (first..count).step_by(CONNECTIONS) {
                let token = mint(&mut connection, &key, user).await?;
                devices.push(redeem(&mut connection, &key, user, &token).await?);
            }
            Ok::<_, Error>(devices)
        });
    }
    let devices: Result<Vec<_>, _> = tasks.join_all().await.into_iter().collect();
    Ok(devices?.concat())
}

/// One-time tokens that are kept, each of a user who was never here.
pub(super) async fn spare(
    address: SocketAddr,
    key: &str,
    count: u64,
) -> Result<Vec<String>, Error> {
    let mut connection = Connection::open(Ipv4Addr::LOCALHOST.into(), address).await?;
    let mut tokens = Vec::new();
    for user in 0..count {
        tokens.push(mint(&mut connection, key, user).await?);
    }
    Ok(tokens)
}

async fn mint(connection: &mut Connection, key: &str, user: u64) -> Result<String, Error> {
    let body = json!({ "email": users::address(user) }).to_string();
    let answer = connection
        .post("/v1/auth/oneTimeToken", Some(key), &body)
        .await?;
    text(&serde_json::from_str(&answer.body)?, "/data")
}

async fn redeem(
    connection: &mut Connection,
    key: &str,
    user: u64,
    token: &str,
) -> Result<Device, Error> {
    let body = json!({ "token": token }).to_string();
    let answer = connection
        .post("/v1/one-time-tokens/redeem", Some(key), &body)
        .await?;
    let redeemed: Value = serde_json::from_str(&answer.body)?;
    Ok(Device {
        user,
        id: text(&redeemed, "/authentication/id")?,
        authentication: text(&redeemed, "/authentication/token")?,
        session: text(&redeemed, "/session/token")?,
    })
}

fn text(answer: &Value, name: &str) -> Result<String, Error> {
    let text = answer.pointer(name).and_then(Value::as_str);
    Ok(text
        .ok_or_else(|| format!("there is no {name} in {answer}"))?
        .to_owned())
}

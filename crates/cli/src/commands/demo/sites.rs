//! The sites, and how they reach each other.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_domain::token::ApiKeyText;
use countersign_examples::by_origin;
use countersign_examples::inventory::{self, Inventory, Primary, Ticket};
use countersign_examples::market::{self, Market, Venue};
use countersign_examples::northstar::{self, Countersign, Northstar};
use countersign_server::listener::{self, Limits};
use tokio_util::sync::CancellationToken;

use super::super::{entropy, serve};
use crate::Error;

/// Northstar's slug.
pub(super) const NORTHSTAR: &str = "northstar";
/// Riverside Hall's.
pub(super) const RIVERSIDE: &str = "riverside";

/// Where each site is, as a browser names it. They share a port, and have names of their own, so
/// that their cookies are apart as on the internet.
pub(super) struct Origins {
    pub(super) start: String,
    pub(super) northstar: String,
    /// The marketplace of Northstar's tickets.
    pub(super) market: String,
    /// The marketplace of Riverside Hall's.
    pub(super) riverside: String,
}

impl Origins {
    pub(super) fn at(port: u16) -> Self {
        let origin = |name: &str| format!("http://{name}localhost:{port}");
        Self {
            start: origin(""),
            northstar: origin("northstar."),
            market: origin("market."),
            riverside: origin("riverside."),
        }
    }
}

/// All sites, each at its own name.
pub(super) fn all(
    origins: &Origins,
    countersign: &str,
    api_key: &ApiKeyText,
    stop: &CancellationToken,
) -> Result<Router, Error> {
    let (tickets, seats) = (Northstar::tickets(), seats());
    let own = Countersign::new(countersign, api_key.expose());
    let northstar = Northstar::new(&*origins.market, own, tickets.clone(), entropy());
    let market = Market::new(aurora_night(), primary(tickets.clone(), stop)?);
    let market = market.with(ticket(&tickets, Northstar::LISTED), 60);
    let riverside = Market::new(quartet(), primary(seats.clone(), stop)?);
    let riverside = riverside.with(ticket(&seats, "RH-0108"), 25);
    Ok(by_origin([
        (origins.northstar.clone(), northstar::router(northstar)),
        (origins.market.clone(), market::router(market, countersign)?),
        (
            origins.riverside.clone(),
            market::router(riverside, countersign)?,
        ),
    ]))
}

fn aurora_night() -> Venue {
    Venue {
        platform: "Northstar Tickets",
        partner: NORTHSTAR,
        known_by: "user_id",
        night: "Aurora Night",
        when: "Saturday, 12 December, 20:00 · Northstar Arena",
    }
}

/// Riverside Hall knows whom it sold a seat by the address alone that the ticket was sent to.
fn quartet() -> Venue {
    Venue {
        platform: "Riverside Hall",
        partner: RIVERSIDE,
        known_by: "email",
        night: "A Quartet by the River",
        when: "Sunday, 13 December, 18:00 · Riverside Hall",
    }
}

fn seats() -> Inventory {
    Inventory::new(&[
        ("RH-0107", "Balcony, seat 7", "rita@example.com"),
        ("RH-0108", "Balcony, seat 8", "sam@example.com"),
    ])
}

fn ticket(inventory: &Inventory, id: &str) -> Ticket {
    inventory.ticket(id).expect("it was sold")
}

/// Answers the marketplace for a platform, at an address that no browser is told.
fn primary(inventory: Inventory, stop: &CancellationToken) -> Result<Primary, Error> {
    let secret = URL_SAFE_NO_PAD.encode(entropy().bytes::<32>());
    let socket = serve::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), "listen")?;
    let primary = Primary::new(format!("http://{}", socket.local_addr()?), &*secret);
    let answers = inventory::router(inventory, &secret);
    let served = listener::serve(socket, answers, Limits::default(), stop.clone());
    tokio::spawn(async {
        let _ = served.await;
    });
    Ok(primary)
}

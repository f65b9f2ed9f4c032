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
use countersign_examples::start::{self, Places, Watch};
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
    watch: &Watch,
    stop: &CancellationToken,
) -> Result<Router, Error> {
    let primary = |platform, inventory: &Inventory| {
        let secret = URL_SAFE_NO_PAD.encode(entropy().bytes::<32>());
        let answers = inventory::router(inventory.clone(), &secret);
        let url = serve_here(watch.around(platform, answers), stop)?;
        Ok::<_, Error>(Primary::new(url, secret))
    };
    let (tickets, seats) = (Northstar::tickets(), seats());
    let own = Countersign::new(countersign, api_key.expose());
    let northstar = Northstar::new(&*origins.market, own, tickets.clone(), entropy());
    let market = Market::new(aurora_night(), primary("Northstar", &tickets)?);
    let market = market.with(ticket(&tickets, Northstar::LISTED), 60);
    let riverside = Market::new(quartet(), primary("Riverside Hall", &seats)?);
    let riverside = riverside.with(ticket(&seats, "RH-0108"), 25);
    let places = Places {
        northstar: origins.northstar.clone(),
        market: origins.market.clone(),
        riverside: origins.riverside.clone(),
        countersign: countersign.to_owned(),
    };
    let northstar = watch.around("Northstar", northstar::router(northstar));
    let market = watch.around("Encore", market::router(market, countersign)?);
    let riverside = watch.around("Encore", market::router(riverside, countersign)?);
    let start = start::router(places, watch.clone(), stop.clone());
    let sites = [
        (origins.start.clone(), start),
        (origins.northstar.clone(), northstar),
        (origins.market.clone(), market),
        (origins.riverside.clone(), riverside),
    ];
    Ok(by_origin(&origins.start, sites))
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

/// Serves what servers ask each other, at an address that no browser is told.
fn serve_here(router: Router, stop: &CancellationToken) -> Result<String, Error> {
    let socket = serve::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), "listen")?;
    let url = format!("http://{}", socket.local_addr()?);
    let served = listener::serve(socket, router, Limits::default(), stop.clone());
    tokio::spawn(async {
        let _ = served.await;
    });
    Ok(url)
}

//! Encore: a marketplace on which people resell tickets of a platform.
//!
//! Each request is of somebody whom Countersign knows, or of a guest: [`router`] says for which
//! pages one has to be signed in, and the handlers behind take a [`Session`]. Who signs in how is
//! none of the marketplace's business.

mod book;
mod buying;
mod notice;
mod proxy;
mod selling;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{any, get, post};
use countersign_client::{Client, InvalidClient, Session};
use tower_http::csrf::CsrfLayer;

use crate::html::{page, style};
use crate::inventory::{Primary, Ticket};

use book::{Book, Listing};
use proxy::Proxy;

/// What is resold, and whose people resell it.
#[derive(Clone, Debug)]
pub struct Venue {
    /// Who sold the tickets.
    pub platform: &'static str,
    /// The partner that it is to Countersign.
    pub partner: &'static str,
    /// The type of identity by which the platform knows who owns a ticket.
    pub known_by: &'static str,
    /// What the tickets are for.
    pub night: &'static str,
    /// When, and where.
    pub when: &'static str,
}

/// The marketplace of one platform.
pub struct Market {
    venue: Venue,
    primary: Primary,
    book: Book,
}

impl Market {
    /// The marketplace of this platform, on which nothing is for sale yet.
    #[must_use]
    pub fn new(venue: Venue, primary: Primary) -> Self {
        let book = Book::default();
        Self {
            venue,
            primary,
            book,
        }
    }

    /// Puts a ticket up for sale, for so many euros.
    #[must_use]
    pub fn with(self, ticket: Ticket, price: u32) -> Self {
        self.book.add(ticket, price);
        self
    }

    /// By what the platform knows who is signed in.
    fn known_as<'a>(&self, session: &'a Session) -> Option<&'a str> {
        session.user.identity(self.venue.known_by)
    }
}

/// Its site, where Countersign answers at this URL.
///
/// # Errors
/// If that is no URL.
pub fn router(market: Market, countersign: &str) -> Result<Router, InvalidClient> {
    let (client, partner) = (Client::new(countersign)?, market.venue.partner);
    // Who opens one of these pages signs in first, and comes back to it.
    let signed_in = Router::new()
        .route("/sell/{ticket}", get(selling::ask))
        .route("/buy/{listing}", get(buying::ask))
        .route("/orders", get(orders))
        .layer(client.require().sign_in_at("/auth").of_partner(partner));
    // What is sent from them too late asks again; and everybody may look at what is for sale.
    let everybody = Router::new()
        .route("/", get(listings))
        .route("/sell/{ticket}", post(selling::put_up))
        .route("/buy/{listing}", post(buying::purchase))
        .fallback(no_such_page)
        .layer(client.recognise().of_partner(partner));
    let site = signed_in.merge(everybody).layer(CsrfLayer::new());
    // In production the proxy in front does this.
    let proxy = Proxy::to(countersign);
    Ok(Router::new()
        .route("/auth/{*page}", any(move |request| proxy.pass_on(request)))
        .route(
            "/style.css",
            get(|| style(include_str!("../templates/market/style.css"))),
        )
        .merge(site)
        .with_state(Arc::new(market)))
}

/// What stands on every page.
struct Frame<'a> {
    venue: &'a Venue,
    /// By what a person knows who is signed in here.
    who: Option<&'a str>,
}

impl<'a> Frame<'a> {
    fn of(market: &'a Market, session: Option<&'a Session>) -> Self {
        let known = |session: &'a Session| {
            let user = &session.user;
            let all = ["email", "phone", market.venue.known_by];
            all.into_iter().find_map(|kind| user.identity(kind))
        };
        Self {
            venue: &market.venue,
            who: session.map(|session| known(session).unwrap_or("somebody")),
        }
    }
}

#[derive(Template)]
#[template(path = "market/listings.html")]
struct ListingsPage<'a> {
    frame: Frame<'a>,
    listings: Vec<Listing>,
}

async fn listings(State(market): State<Arc<Market>>, session: Option<Session>) -> Response {
    page(&ListingsPage {
        frame: Frame::of(&market, session.as_ref()),
        listings: market.book.open(),
    })
}

async fn no_such_page(State(market): State<Arc<Market>>, session: Option<Session>) -> Response {
    notice::no_such_page(Frame::of(&market, session.as_ref()))
}

#[derive(Template)]
#[template(path = "market/orders.html")]
struct OrdersPage<'a> {
    frame: Frame<'a>,
    orders: Vec<Listing>,
}

/// What somebody bought and sold, with both sides as the platform knows them.
async fn orders(State(market): State<Arc<Market>>, session: Session) -> Response {
    let orders = market.known_as(&session).map(|who| market.book.of(who));
    page(&OrdersPage {
        frame: Frame::of(&market, Some(&session)),
        orders: orders.unwrap_or_default(),
    })
}

//! Encore: a marketplace on which people resell tickets of a platform.
//!
//! Each request is of somebody whom Countersign knows, or of a guest: [`router`] says for which
//! pages one has to be signed in, and the handlers behind take a [`Session`]. Who signs in how is
//! none of the marketplace's business.

mod book;
mod proxy;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use axum::{Form, Router};
use countersign_client::{Client, InvalidClient, Session};
use http::StatusCode;
use serde::Deserialize;
use tower_http::csrf::CsrfLayer;

use crate::Failure;
use crate::html::{page, style};
use crate::inventory::{MOST, Primary, Refusal, Ticket};

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

/// The price that somebody asks, in euros.
const DEAREST: u32 = 500;

/// Its site, where Countersign answers at this URL.
///
/// # Errors
/// If that is no URL.
pub fn router(market: Market, countersign: &str) -> Result<Router, InvalidClient> {
    let (client, partner) = (Client::new(countersign)?, market.venue.partner);
    // Who opens one of these pages signs in first, and comes back to it.
    let signed_in = Router::new()
        .route("/sell/{ticket}", get(sell))
        .route("/buy/{listing}", get(buy))
        .route("/orders", get(orders))
        .layer(client.require().sign_in_at("/auth").of_partner(partner));
    // What is sent from them too late asks again; and everybody may look at what is for sale.
    let everybody = Router::new()
        .route("/", get(listings))
        .route("/sell/{ticket}", post(put_up))
        .route("/buy/{listing}", post(purchase))
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

#[derive(Template)]
#[template(path = "market/sell.html")]
struct SellPage<'a> {
    frame: Frame<'a>,
    ticket: Ticket,
    wrong: bool,
}

/// Asks what a ticket is to cost, if it is theirs who ask.
async fn sell(
    State(market): State<Arc<Market>>,
    session: Session,
    Path(ticket): Path<String>,
) -> Result<Response, Failure> {
    let frame = Frame::of(&market, Some(&session));
    Ok(match own(&market, &session, &ticket).await? {
        Some(ticket) => page(&SellPage {
            frame,
            ticket,
            wrong: false,
        }),
        None => not_yours(frame),
    })
}

#[derive(Deserialize)]
struct Offer {
    price: String,
}

/// Puts a ticket up for sale, if it is theirs who do.
async fn put_up(
    State(market): State<Arc<Market>>,
    session: Option<Session>,
    Path(ticket): Path<String>,
    Form(Offer { price }): Form<Offer>,
) -> Result<Response, Failure> {
    let Some(session) = session else {
        return Ok(Redirect::to(&format!("/sell/{ticket}")).into_response());
    };
    let frame = Frame::of(&market, Some(&session));
    let Some(ticket) = own(&market, &session, &ticket).await? else {
        return Ok(not_yours(frame));
    };
    let price = price.trim().parse().ok();
    let Some(price) = price.filter(|price| (1..=DEAREST).contains(price)) else {
        let again = SellPage {
            frame,
            ticket,
            wrong: true,
        };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
    };
    market.book.add(ticket, price);
    Ok(Redirect::to("/").into_response())
}

/// The ticket, if the platform says that it is theirs.
async fn own(market: &Market, session: &Session, id: &str) -> Result<Option<Ticket>, Failure> {
    let ticket = market.primary.ticket(id).await?;
    let owner = market.known_as(session);
    Ok(ticket.filter(|ticket| Some(&*ticket.owner) == owner))
}

#[derive(Template)]
#[template(path = "market/buy.html")]
struct BuyPage<'a> {
    frame: Frame<'a>,
    listing: Listing,
}

async fn buy(
    State(market): State<Arc<Market>>,
    session: Session,
    Path(number): Path<usize>,
) -> Response {
    let frame = Frame::of(&market, Some(&session));
    match market.book.find(number) {
        None => gone(frame),
        Some(listing) if market.known_as(&session) == Some(&listing.ticket.owner) => own_one(frame),
        Some(listing) => page(&BuyPage { frame, listing }),
    }
}

/// Buys: the platform makes the ticket the buyer's, and has the last word.
async fn purchase(
    State(market): State<Arc<Market>>,
    session: Option<Session>,
    Path(number): Path<usize>,
) -> Result<Response, Failure> {
    let Some(session) = session else {
        return Ok(Redirect::to(&format!("/buy/{number}")).into_response());
    };
    let frame = Frame::of(&market, Some(&session));
    let Some(buyer) = market.known_as(&session) else {
        return Ok(unknown(frame));
    };
    let Some(Listing { ticket, .. }) = market.book.find(number) else {
        return Ok(gone(frame));
    };
    if ticket.owner == buyer {
        return Ok(own_one(frame));
    }
    let moved = market.primary.transfer(&ticket.id, &ticket.owner, buyer);
    Ok(match moved.await? {
        Ok(()) => {
            market.book.sold(number, buyer);
            Redirect::to("/orders").into_response()
        }
        Err(Refusal::NotTheirs) => {
            market.book.withdraw(number);
            gone(frame)
        }
        Err(Refusal::TooMany) => too_many(frame),
    })
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

#[derive(Template)]
#[template(path = "market/notice.html")]
struct NoticePage<'a> {
    frame: Frame<'a>,
    heading: &'a str,
    text: &'a str,
}

fn notice(status: StatusCode, frame: Frame<'_>, heading: &str, text: &str) -> Response {
    let notice = NoticePage {
        frame,
        heading,
        text,
    };
    (status, page(&notice)).into_response()
}

fn not_yours(frame: Frame<'_>) -> Response {
    let platform = frame.venue.platform;
    let text = format!("{platform} says that it is not. Only who owns a ticket can sell it.");
    notice(
        StatusCode::FORBIDDEN,
        frame,
        "This ticket is not yours",
        &text,
    )
}

fn own_one(frame: Frame<'_>) -> Response {
    let text = "You sell it, so you cannot buy it.";
    notice(StatusCode::FORBIDDEN, frame, "This ticket is yours", text)
}

fn too_many(frame: Frame<'_>) -> Response {
    let platform = frame.venue.platform;
    let text = format!("{platform} allows {MOST} a person for one night. Nothing was bought.");
    notice(
        StatusCode::FORBIDDEN,
        frame,
        "You have as many as you may",
        &text,
    )
}

fn unknown(frame: Frame<'_>) -> Response {
    let platform = frame.venue.platform;
    let text = format!("{platform} has to know who you are to give you a ticket. Sign in there.");
    notice(
        StatusCode::FORBIDDEN,
        frame,
        "We cannot tell whose it would be",
        &text,
    )
}

fn gone(frame: Frame<'_>) -> Response {
    let text = "Somebody was faster, or the seller has it no more.";
    notice(
        StatusCode::CONFLICT,
        frame,
        "This ticket is not for sale",
        text,
    )
}

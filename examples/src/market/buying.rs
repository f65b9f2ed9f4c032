//! Only who is signed in can buy, and the platform has the last word.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_client::Session;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::book::Listing;
use super::notice::{gone, own_one, too_many, unknown};
use super::{Frame, Market};
use crate::Failure;
use crate::html::page;
use crate::inventory::Refusal;

#[derive(Template)]
#[template(path = "market/buy.html")]
struct BuyPage<'a> {
    frame: Frame<'a>,
    listing: Listing,
    /// Whether it cost something else when they pressed the button.
    changed: bool,
}

/// Asks whether to buy, if it is for sale and not theirs already.
pub(super) async fn ask(
    State(market): State<Arc<Market>>,
    session: Session,
    Path(number): Path<usize>,
) -> Response {
    let frame = Frame::of(&market, Some(&session));
    match market.book.find(number) {
        None => gone(frame),
        Some(listing) if market.known_as(&session) == Some(&listing.ticket.owner) => own_one(frame),
        Some(listing) => page(&BuyPage {
            frame,
            listing,
            changed: false,
        }),
    }
}

/// What the form says again.
#[derive(Deserialize)]
pub(super) struct Agreed {
    /// The price that the buyer has read, which is not to be another by the time they press.
    price: u32,
}

/// Buys: the platform makes the ticket the buyer's, and has the last word.
pub(super) async fn purchase(
    State(market): State<Arc<Market>>,
    session: Option<Session>,
    Path(number): Path<usize>,
    uri: Uri,
    Form(Agreed { price }): Form<Agreed>,
) -> Result<Response, Failure> {
    let Some(session) = session else {
        return Ok(Redirect::to(uri.path()).into_response());
    };
    let frame = Frame::of(&market, Some(&session));
    let Some(buyer) = market.known_as(&session) else {
        return Ok(unknown(frame));
    };
    let Some(listing) = market.book.find(number) else {
        return Ok(gone(frame));
    };
    if listing.ticket.owner == buyer {
        return Ok(own_one(frame));
    }
    if listing.price != price {
        let again = BuyPage {
            frame,
            listing,
            changed: true,
        };
        return Ok((StatusCode::CONFLICT, page(&again)).into_response());
    }
    let ticket = listing.ticket;
    let moved = market.primary.transfer(&ticket.id, &ticket.owner, buyer);
    Ok(match moved.await? {
        Ok(()) => {
            market.book.sold(number, buyer, price);
            Redirect::to("/orders").into_response()
        }
        Err(Refusal::NotTheirs) => {
            market.book.withdraw(number);
            gone(frame)
        }
        Err(Refusal::TooMany) => too_many(frame),
    })
}

//! Only who owns a ticket can sell it.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_client::Session;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::notice::not_yours;
use super::{Frame, Market};
use crate::Failure;
use crate::html::page;
use crate::inventory::Ticket;

/// As much as anybody may ask for, in euros.
const DEAREST: u32 = 500;
/// What the form has in it.
const SUGGESTED: &str = "60";

#[derive(Template)]
#[template(path = "market/sell.html")]
struct SellPage<'a> {
    frame: Frame<'a>,
    ticket: Ticket,
    /// As it was typed, or as a suggestion.
    price: &'a str,
    wrong: bool,
}

/// Asks what a ticket is to cost, if it is theirs who ask.
pub(super) async fn ask(
    State(market): State<Arc<Market>>,
    session: Session,
    Path(ticket): Path<String>,
) -> Result<Response, Failure> {
    let frame = Frame::of(&market, Some(&session));
    Ok(match own(&market, &session, &ticket).await? {
        Some(ticket) => page(&SellPage {
            frame,
            ticket,
            price: SUGGESTED,
            wrong: false,
        }),
        None => not_yours(frame),
    })
}

#[derive(Deserialize)]
pub(super) struct Offer {
    price: String,
}

/// Puts a ticket up for sale, if it is theirs who do.
pub(super) async fn put_up(
    State(market): State<Arc<Market>>,
    session: Option<Session>,
    Path(ticket): Path<String>,
    uri: Uri,
    Form(Offer { price }): Form<Offer>,
) -> Result<Response, Failure> {
    let Some(session) = session else {
        return Ok(Redirect::to(uri.path()).into_response());
    };
    let frame = Frame::of(&market, Some(&session));
    let Some(ticket) = own(&market, &session, &ticket).await? else {
        return Ok(not_yours(frame));
    };
    let euros = price.trim().parse().ok();
    let Some(euros) = euros.filter(|euros| (1..=DEAREST).contains(euros)) else {
        let again = SellPage {
            frame,
            ticket,
            price: &price,
            wrong: true,
        };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
    };
    market.book.add(ticket, euros);
    Ok(Redirect::to("/").into_response())
}

/// The ticket, if the platform says that it is theirs.
async fn own(market: &Market, session: &Session, id: &str) -> Result<Option<Ticket>, Failure> {
    let ticket = market.primary.ticket(id).await?;
    let owner = market.known_as(session);
    Ok(ticket.filter(|ticket| Some(&*ticket.owner) == owner))
}

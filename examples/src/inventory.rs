//! Primary ticketing: who owns which ticket.
//!
//! Only the platform that sold a ticket knows whose it is, and only it makes it somebody else's. A
//! marketplace asks it, server to server, with a secret that the two share.

mod client;

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use http::header::AUTHORIZATION;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

pub use client::Primary;

/// How many tickets for a night one person may have.
pub const MOST: usize = 4;

/// A seat for a night.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// What is printed on it.
    pub id: String,
    /// Where one sits.
    pub seat: String,
    /// Whose it is: the platform's own id of a person, or an address where it has no accounts.
    pub owner: String,
}

/// Why a ticket stays whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It is not, or no more, the one's who would give it away.
    NotTheirs,
    /// Whoever would get it has [`MOST`] tickets for that night.
    TooMany,
}

/// The tickets that a platform has sold for one night. Clones are one inventory.
#[derive(Clone, Debug)]
pub struct Inventory(Arc<Mutex<Vec<Ticket>>>);

impl Inventory {
    /// The inventory of these tickets: what is printed on each, the seat, and whose it is.
    #[must_use]
    pub fn new(tickets: &[(&str, &str, &str)]) -> Self {
        let tickets = tickets.iter().map(|&(id, seat, owner)| Ticket {
            id: id.to_owned(),
            seat: seat.to_owned(),
            owner: owner.to_owned(),
        });
        Self(Arc::new(Mutex::new(tickets.collect())))
    }

    /// Everything that somebody owns.
    #[must_use]
    pub fn of(&self, owner: &str) -> Vec<Ticket> {
        let tickets = self.0.lock();
        tickets
            .iter()
            .filter(|it| it.owner == owner)
            .cloned()
            .collect()
    }

    /// A ticket, if there is one of that id.
    #[must_use]
    pub fn ticket(&self, id: &str) -> Option<Ticket> {
        self.0.lock().iter().find(|it| it.id == id).cloned()
    }

    /// Looks and moves under one lock: of two buyers at once, one has the ticket.
    fn transfer(&self, id: &str, Transfer { from, to }: Transfer) -> Result<(), Refusal> {
        let mut tickets = self.0.lock();
        if tickets.iter().filter(|it| it.owner == to).count() >= MOST {
            return Err(Refusal::TooMany);
        }
        let ticket = tickets
            .iter_mut()
            .find(|it| it.id == id && it.owner == from);
        ticket.ok_or(Refusal::NotTheirs)?.owner = to;
        Ok(())
    }
}

/// From whom to whom a ticket goes.
#[derive(Serialize, Deserialize)]
struct Transfer {
    from: String,
    to: String,
}

/// What a marketplace may ask, if it knows the secret.
pub fn router(inventory: Inventory, secret: &str) -> Router {
    let expected: Arc<str> = format!("Bearer {secret}").into();
    Router::new()
        .route("/tickets/{id}", get(show))
        .route("/tickets/{id}/transfer", post(transfer))
        .layer(middleware::from_fn_with_state(expected, let_in))
        .with_state(inventory)
}

async fn let_in(State(expected): State<Arc<str>>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(AUTHORIZATION);
    let knows = shown.is_some_and(|it| it.as_bytes().ct_eq(expected.as_bytes()).into());
    if knows {
        next.run(request).await
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn show(
    State(inventory): State<Inventory>,
    Path(id): Path<String>,
) -> Result<Json<Ticket>, StatusCode> {
    inventory.ticket(&id).map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn transfer(
    State(inventory): State<Inventory>,
    Path(id): Path<String>,
    Json(transfer): Json<Transfer>,
) -> Result<StatusCode, (StatusCode, Json<Refusal>)> {
    let done = inventory.transfer(&id, transfer);
    done.map_err(|refusal| (StatusCode::CONFLICT, Json(refusal)))?;
    Ok(StatusCode::NO_CONTENT)
}

//! Northstar Tickets: a partner, whose people have accounts there.
//!
//! It tells Countersign three things, all from its server, and is otherwise what it was: who is
//! about to sell a ticket (`sell`, Login Trust), who has signed in because the marketplace had to
//! know (`go_back`, Login Force), and who has signed out (`sign_out`).

mod countersign;
mod notice;
mod people;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use axum_extra::extract::CookieJar;
use countersign_domain::Entropy;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::Deserialize;
use tower_http::csrf::CsrfLayer;
use url::Url;

use crate::Failure;
use crate::html::{page, style};
use crate::inventory::{Inventory, Ticket};

pub use countersign::Countersign;
use people::{PEOPLE, Person, Sessions, SignedIn};

/// Northstar Tickets.
pub struct Northstar {
    /// The marketplace's origin: nobody is sent back to any other.
    market: String,
    countersign: Countersign,
    inventory: Inventory,
    sessions: Sessions,
}

impl Northstar {
    /// The platform, whose people resell at this origin.
    pub fn new(
        market: impl Into<String>,
        countersign: Countersign,
        inventory: Inventory,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            market: market.into(),
            countersign,
            inventory,
            sessions: Sessions::new(entropy),
        }
    }

    /// The tickets that it has sold for tonight: two of Ana's, one of Ben's, four of Cleo's.
    #[must_use]
    pub fn tickets() -> Inventory {
        Inventory::new(&[
            ("NS-2738", "Row C, seat 12", PEOPLE[0].id),
            ("NS-2739", "Row C, seat 13", PEOPLE[0].id),
            (Self::LISTED, "Row F, seat 4", PEOPLE[1].id),
            ("NS-2751", "Row K, seat 1", PEOPLE[2].id),
            ("NS-2752", "Row K, seat 2", PEOPLE[2].id),
            ("NS-2753", "Row K, seat 3", PEOPLE[2].id),
            ("NS-2754", "Row K, seat 4", PEOPLE[2].id),
        ])
    }

    /// The ticket of Ben's that is for sale from the start.
    pub const LISTED: &str = "NS-2745";
    /// Who sells it, as Northstar knows him.
    pub const SELLER: &str = PEOPLE[1].id;

    /// The URL to which somebody may go back, if it is the marketplace's.
    fn way_back(&self, return_to: &str) -> Option<Url> {
        let url = Url::parse(return_to).ok()?;
        // A `blob:` of the marketplace has its origin as well, and who is named before an `@` is
        // for misleading people alone.
        let ordinary = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none();
        (ordinary && url.origin().ascii_serialization() == self.market).then_some(url)
    }
}

/// Its site.
pub fn router(northstar: Northstar) -> Router {
    Router::new()
        .route("/", get(event))
        .route("/tickets", get(tickets))
        .route("/sell/{ticket}", get(sell))
        .route("/login", get(login).post(log_in))
        .route("/sign-out", post(sign_out))
        .route(
            "/style.css",
            get(|| style(include_str!("../templates/northstar/style.css"))),
        )
        .fallback(no_such_page)
        .layer(CsrfLayer::new())
        .with_state(Arc::new(northstar))
}

#[derive(Template)]
#[template(path = "northstar/event.html")]
struct EventPage<'a> {
    person: Option<&'static Person>,
    market: &'a str,
}

/// The night, which is sold out: what others resell is at the marketplace, for guests too.
async fn event(State(northstar): State<Arc<Northstar>>, person: Option<SignedIn>) -> Response {
    page(&EventPage {
        person: person.map(|SignedIn(person)| person),
        market: &northstar.market,
    })
}

#[derive(Template)]
#[template(path = "northstar/tickets.html")]
struct TicketsPage {
    person: Option<&'static Person>,
    tickets: Vec<Ticket>,
}

async fn tickets(State(northstar): State<Arc<Northstar>>, SignedIn(person): SignedIn) -> Response {
    page(&TicketsPage {
        person: Some(person),
        tickets: northstar.inventory.of(person.id),
    })
}

async fn no_such_page(person: Option<SignedIn>) -> Response {
    notice::no_such_page(person.map(|SignedIn(person)| person))
}

/// Login Trust: at the click, a link for who is signed in here, and there they go.
async fn sell(
    State(northstar): State<Arc<Northstar>>,
    SignedIn(person): SignedIn,
    Path(ticket): Path<String>,
) -> Result<Response, Failure> {
    let theirs = northstar.inventory.of(person.id);
    if !theirs.iter().any(|it| it.id == ticket) {
        return Ok(notice::no_such_ticket(person));
    }
    let link = northstar.countersign.link("sell", &ticket, person).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Redirect::to(&link)).into_response())
}

#[derive(Deserialize)]
struct Login {
    /// Where the marketplace wants them back, if it sent them.
    #[serde(rename = "returnTo")]
    return_to: Option<String>,
}

#[derive(Template)]
#[template(path = "northstar/login.html")]
struct LoginPage<'a> {
    person: Option<&'static Person>,
    people: &'static [Person],
    return_to: Option<&'a str>,
    wrong: bool,
}

async fn login(
    State(northstar): State<Arc<Northstar>>,
    person: Option<SignedIn>,
    Query(Login { return_to }): Query<Login>,
) -> Result<Response, Failure> {
    match (person, return_to.as_deref()) {
        // Whoever is signed in already sees nothing of it.
        (Some(SignedIn(person)), Some(there)) => go_back(&northstar, person, there).await,
        (person, return_to) => Ok(page(&LoginPage {
            person: person.map(|SignedIn(person)| person),
            people: &PEOPLE,
            return_to,
            wrong: false,
        })),
    }
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
    #[serde(rename = "returnTo")]
    return_to: Option<String>,
}

async fn log_in(
    State(northstar): State<Arc<Northstar>>,
    jar: CookieJar,
    Form(form): Form<Credentials>,
) -> Result<Response, Failure> {
    let return_to = form.return_to.as_deref().filter(|it| !it.is_empty());
    let Some(person) = people::find(&form.email, &form.password) else {
        let again = page(&LoginPage {
            person: None,
            people: &PEOPLE,
            return_to,
            wrong: true,
        });
        return Ok((StatusCode::UNAUTHORIZED, again).into_response());
    };
    let jar = northstar.sessions.begin(jar, person);
    let there = match return_to {
        Some(there) => go_back(&northstar, person, there).await?,
        None => Redirect::to("/tickets").into_response(),
    };
    Ok((jar, there).into_response())
}

/// Login Force: back to where the marketplace wants them, with a one-time token for who they are.
async fn go_back(
    northstar: &Northstar,
    person: &'static Person,
    return_to: &str,
) -> Result<Response, Failure> {
    // With the token goes whoever signs in: to the marketplace alone.
    let Some(mut url) = northstar.way_back(return_to) else {
        return Ok(notice::no_way_back(person));
    };
    let token = northstar.countersign.one_time_token(person).await?;
    url.query_pairs_mut().append_pair("oneTimeToken", &token);
    Ok(([(CACHE_CONTROL, "no-store")], Redirect::to(url.as_str())).into_response())
}

/// Signs out here, and says so: whoever leaves leaves the marketplace too. It is first of all here
/// that they leave, whatever becomes of the rest. In earnest Countersign is asked again until it
/// has heard.
async fn sign_out(
    State(northstar): State<Arc<Northstar>>,
    person: Option<SignedIn>,
    jar: CookieJar,
) -> Response {
    let jar = northstar.sessions.end(jar);
    let told = match person {
        Some(SignedIn(person)) => northstar.countersign.signed_out(person).await,
        None => Ok(()),
    };
    let there = match told {
        Ok(()) => Redirect::to("/").into_response(),
        Err(failure) => {
            failure.log();
            notice::signed_out_here_alone(&northstar.market)
        }
    };
    (jar, there).into_response()
}

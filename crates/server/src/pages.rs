//! The hosted pages: what a person sees while signing in.
//!
//! They are below the *public URLs* that an operator registers (an origin and a prefix), where
//! the application's proxy passes requests on as they are. The authority that a request names
//! and its path say which of them is meant, and with it the partner; links and redirects are
//! built from the registered URL alone.
//!
//! A page reads its request as a [`Visit`], asks the service, and answers a [`Reply`] or shows
//! what went [wrong](Trouble). What one page hands on to the next is sealed into the address and
//! bound to the browser: nothing is kept here.

mod account;
mod address;
mod arrived;
mod browser;
mod enter;
mod frame;
mod otp;
mod password;
mod reply;
mod return_;
mod sign_in;
mod sign_out;
mod trouble;
mod unregistered;
mod visit;
mod wait;
mod ways;
mod words;
mod work;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use countersign_domain::web::HOSTED_PAGES;
use countersign_service::Service;
use http::Method;

use crate::error::ApiError;
use crate::metrics::Page;
use crate::request::Sender;

use reply::Reply;
use trouble::Trouble;
use visit::Visit;

pub(crate) use browser::held;
pub(crate) use visit::arriving;

/// What a page comes to.
type Shown = Result<Reply, Trouble>;

/// Answers what no route of the API does: a page, if the request is for one.
pub(crate) async fn answer(State(service): State<Service>, request: Request) -> Response {
    let path = request.uri().path();
    let authority = Sender::of(request.extensions()).authority(request.headers());
    let found = authority.and_then(|authority| service.site(authority, path));
    let Some((site, page)) = found else {
        unregistered::tell(authority, path);
        return ApiError::NotFound.into_response();
    };
    let page = page.to_owned();
    let mut visit = Visit::of(&service, site, page, request).await;
    let name = visit.page().split('/').next().unwrap_or_default();
    let counted = HOSTED_PAGES.iter().position(|page| *page == name).map(Page);
    let shown = show(&mut visit).await;
    let reply = shown.unwrap_or_else(|trouble| trouble.show(&visit));
    let mut response = visit.finish(reply);
    if let Some(counted) = counted {
        response.extensions_mut().insert(counted);
    }
    response
}

async fn show(visit: &mut Visit) -> Shown {
    let page = visit.page().to_owned();
    let (name, rest) = match page.split_once('/') {
        Some((name, rest)) => (name, Some(rest)),
        None => (page.as_str(), None),
    };
    // The route, and nothing of what is sealed into it.
    tracing::Span::current().record("route", format!("{}/{name}", visit.site.public.prefix()));
    let posted = match visit.method {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return Err(Trouble::Method),
    };
    if posted {
        visit.read_form().await?;
    }
    match (name, rest, posted) {
        ("sign-in", None, false) => sign_in::page(visit).await,
        ("enter", None, false) => enter::arrive(visit).await,
        ("enter", Some(state), false) => enter::page(visit, state).await,
        ("enter", Some(state), true) => enter::submit(visit, state).await,
        ("return", Some(state), false) => return_::arrive(visit, state).await,
        ("otp", None, false) => otp::page(visit).await,
        ("otp", None, true) => otp::send(visit).await,
        ("otp", Some(state), false) => otp::code_page(visit, state).await,
        ("otp", Some(state), true) => otp::submit(visit, state).await,
        ("password", None, false) => password::page(visit).await,
        ("password", None, true) => password::submit(visit).await,
        ("password", Some("forgotten"), false) => password::forgotten::page(visit).await,
        ("password", Some("forgotten"), true) => password::forgotten::submit(visit).await,
        ("sign-out", None, false) => sign_out::page(visit).await,
        ("sign-out", None, true) => sign_out::submit(visit).await,
        ("account", None, false) => account::page(visit).await,
        ("account", None, true) => account::submit(visit).await,
        ("sign-in" | "return", _, true) => Err(Trouble::Method),
        _ => Err(Trouble::NoSuchPage),
    }
}

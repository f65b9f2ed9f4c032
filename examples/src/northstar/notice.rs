//! Why not.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::people::Person;
use crate::html::page;

#[derive(Template)]
#[template(path = "northstar/notice.html")]
struct NoticePage<'a> {
    person: Option<&'static Person>,
    heading: &'a str,
    text: &'a str,
    /// Where to go on, and what that is called.
    next: (&'a str, &'a str),
}

const NIGHT: (&str, &str) = ("/", "Go to Aurora Night");
const TICKETS: (&str, &str) = ("/tickets", "Go to my tickets");

fn notice(status: StatusCode, notice: &NoticePage<'_>) -> Response {
    (status, page(notice)).into_response()
}

pub(super) fn no_such_page(person: Option<&'static Person>) -> Response {
    let text = "The address may be mistyped, or the page is gone.";
    let notice_page = NoticePage {
        person,
        heading: "There is no such page",
        text,
        next: NIGHT,
    };
    notice(StatusCode::NOT_FOUND, &notice_page)
}

pub(super) fn no_such_ticket(person: &'static Person) -> Response {
    let notice_page = NoticePage {
        person: Some(person),
        heading: "You have no such ticket",
        text: "You can sell what you have, and nothing else.",
        next: TICKETS,
    };
    notice(StatusCode::NOT_FOUND, &notice_page)
}

pub(super) fn no_way_back(person: &'static Person) -> Response {
    let text = "You are signed in here. The address to go back to is not our marketplace’s, so we \
                do not send you there.";
    let notice_page = NoticePage {
        person: Some(person),
        heading: "We do not know the way back",
        text,
        next: TICKETS,
    };
    notice(StatusCode::BAD_REQUEST, &notice_page)
}

pub(super) fn signed_out_here_alone(market: &str) -> Response {
    let text = "We could not tell our marketplace, where you may be signed in still. Sign out \
                there too.";
    let sign_out = format!("{market}/auth/sign-out?return_to=/");
    let notice_page = NoticePage {
        person: None,
        heading: "You are signed out of Northstar alone",
        text,
        next: (&sign_out, "Sign out of the marketplace"),
    };
    notice(StatusCode::BAD_GATEWAY, &notice_page)
}

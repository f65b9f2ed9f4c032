//! Why not.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::Frame;
use crate::html::page;
use crate::inventory::MOST;

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

fn refused(frame: Frame<'_>, heading: &str, text: &str) -> Response {
    notice(StatusCode::FORBIDDEN, frame, heading, text)
}

pub(super) fn not_yours(frame: Frame<'_>) -> Response {
    let platform = frame.venue.platform;
    let text = format!("{platform} says that it is not. Only who owns a ticket can sell it.");
    refused(frame, "This ticket is not yours", &text)
}

pub(super) fn own_one(frame: Frame<'_>) -> Response {
    let text = "You sell it, so you cannot buy it.";
    refused(frame, "This ticket is yours", text)
}

pub(super) fn too_many(frame: Frame<'_>) -> Response {
    let platform = frame.venue.platform;
    let text = format!("{platform} allows {MOST} a person for one night. Nothing was bought.");
    refused(frame, "You have as many as you may", &text)
}

pub(super) fn unknown(frame: Frame<'_>) -> Response {
    let platform = frame.venue.platform;
    let text = format!("{platform} has to know who you are to give you a ticket. Sign in there.");
    refused(frame, "We cannot tell whose it would be", &text)
}

pub(super) fn gone(frame: Frame<'_>) -> Response {
    let text = "Somebody was faster, or the seller has it no more.";
    notice(
        StatusCode::CONFLICT,
        frame,
        "This ticket is not for sale",
        text,
    )
}

pub(super) fn no_such_page(frame: Frame<'_>) -> Response {
    let text = "The address may be mistyped, or the page is gone.";
    notice(StatusCode::NOT_FOUND, frame, "There is no such page", text)
}

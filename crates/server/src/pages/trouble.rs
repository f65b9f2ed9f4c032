//! A page for each way that things go wrong: what happened, and what to do next.

use askama::Template;
use countersign_domain::web::InvalidReturnTo;
use countersign_service::StoreError;
use http::StatusCode;

use super::frame::{Frame, show};
use super::reply::Reply;
use super::visit::Visit;
use crate::form::NoForm;

/// What went wrong. A `String` is where the person begins anew.
pub(crate) enum Trouble {
    /// The address or the form cannot be read.
    Malformed,
    /// The form is no form.
    MediaType,
    TooLarge,
    Method,
    NoSuchPage,
    /// A form was posted by another site's page, or is older than this browser's secret.
    OtherSite,
    /// The browser keeps no cookies.
    NoCookies,
    /// Another browser began this.
    OtherBrowser(String),
    /// It took too long.
    Expired(String),
    /// The place to return to is none of the application's.
    ReturnTo(InvalidReturnTo),
    /// The partner's users do not come in from here.
    NoWayIn,
    /// It opens in a window of its own alone.
    Framed,
    /// The link's token is none that signs in here.
    NotForHere(String),
    /// The link is too old.
    LinkExpired(String),
    /// The link was used before.
    LinkUsed(String),
    /// What the partner's login sent back signs nobody in.
    NotReturned(String),
    /// Who signs in is locked.
    Blocked,
    /// It cannot be known now.
    Unavailable,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a page could not be answered");
        Self::Unavailable
    }
}

impl From<NoForm> for Trouble {
    fn from(why: NoForm) -> Self {
        match why {
            NoForm::MediaType => Self::MediaType,
            NoForm::TooLarge => Self::TooLarge,
            NoForm::Malformed => Self::Malformed,
        }
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    frame: &'a Frame,
    /// With what the names of its words begin.
    word: &'static str,
    /// Where the main button leads.
    next: String,
}

impl Trouble {
    /// The status, and with what the names of its words begin.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "malformed"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "malformed"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "no-such-page"),
            Self::NoSuchPage => (StatusCode::NOT_FOUND, "no-such-page"),
            Self::OtherSite => (StatusCode::FORBIDDEN, "other-site"),
            Self::NoCookies => (StatusCode::BAD_REQUEST, "no-cookies"),
            Self::OtherBrowser(_) => (StatusCode::BAD_REQUEST, "other-browser"),
            Self::Expired(_) => (StatusCode::BAD_REQUEST, "expired"),
            Self::ReturnTo(_) => (StatusCode::BAD_REQUEST, "return-to"),
            Self::NoWayIn => (StatusCode::FORBIDDEN, "no-way-in"),
            Self::Framed => (StatusCode::FORBIDDEN, "framed"),
            Self::NotForHere(_) => (StatusCode::BAD_REQUEST, "not-for-here"),
            Self::LinkExpired(_) => (StatusCode::BAD_REQUEST, "link-expired"),
            Self::LinkUsed(_) => (StatusCode::BAD_REQUEST, "link-used"),
            Self::NotReturned(_) => (StatusCode::BAD_REQUEST, "not-returned"),
            Self::Blocked => (StatusCode::FORBIDDEN, "blocked"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }

    /// The page that says so.
    pub(crate) fn show(&self, visit: &Visit) -> Reply {
        if let Self::ReturnTo(invalid) = self {
            // For whoever built the link; to the person it would say nothing.
            tracing::info!(%invalid, "a place to return to was refused");
        }
        let (status, word) = self.kind();
        let next = match self {
            Self::OtherBrowser(again)
            | Self::Expired(again)
            | Self::NotForHere(again)
            | Self::LinkExpired(again)
            | Self::LinkUsed(again)
            | Self::NotReturned(again) => again.clone(),
            // The same page once more.
            Self::Unavailable => String::new(),
            _ => "/".to_owned(),
        };
        let frame = visit.frame();
        let page = TroublePage {
            frame: &frame,
            word,
            next,
        };
        let mut reply = show(&frame, &page).status(status);
        if matches!(self, Self::Unavailable) {
            reply.retry_after = Some(1);
        }
        reply
    }
}

//! What an application asks with each request to it: answered before the router looks, which takes
//! longer than the answer.
//!
//! The router has the same operations, for the methods that are left: it describes them, and
//! answers `HEAD` and what is not allowed.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use countersign_service::Service;
use http::Method;
use http::request::Parts;

use super::{forward_auth, sessions};
use crate::error::ApiError;
use crate::request::Sender;

/// An operation that is asked for constantly.
#[derive(Clone, Copy)]
pub(crate) enum Constantly {
    Verify,
    ForwardAuth,
}

impl Constantly {
    /// Which of them a request is for.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        match (request.method(), request.uri().path()) {
            (&Method::POST | &Method::GET, sessions::VERIFY) => Some(Self::Verify),
            (&Method::GET, forward_auth::ROUTE) => Some(Self::ForwardAuth),
            _ => None,
        }
    }

    /// Its route.
    pub(crate) fn route(self) -> &'static str {
        match self {
            Self::Verify => sessions::VERIFY,
            Self::ForwardAuth => forward_auth::ROUTE,
        }
    }

    /// The answer to a request for it.
    pub(crate) async fn answer(
        self,
        service: &Service,
        sender: &Sender,
        request: &Parts,
    ) -> Result<Response, ApiError> {
        match self {
            Self::Verify => {
                let verified = sessions::verified(service, &request.headers).await?;
                Ok(verified.into_response())
            }
            Self::ForwardAuth => forward_auth::asked(service, sender, request).await,
        }
    }
}

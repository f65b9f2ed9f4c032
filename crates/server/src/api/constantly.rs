//! What is asked all the time, with each request to an application or by programs of their own
//! accord: answered before the router looks, which takes longer than some of the answers.
//!
//! The router has the same operations. It describes them, and answers other methods; only what a
//! proxy asks by path, with any method, is here alone.

use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use countersign_service::Service;
use http::Method;

use super::{forward_auth, one_time_tokens, sessions};
use crate::request::Sender;

/// An operation that is asked for constantly.
#[derive(Clone, Copy)]
pub(crate) enum Constantly {
    Verify,
    ForwardAuth,
    ForwardAuthByPath,
    Exchange,
    Mint,
    MintByQuery,
}

impl Constantly {
    /// Which of them a request is for.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        match (request.method(), request.uri().path()) {
            (&Method::POST | &Method::GET | &Method::HEAD, sessions::VERIFY) => Some(Self::Verify),
            (&Method::GET | &Method::HEAD, forward_auth::ROUTE) => Some(Self::ForwardAuth),
            (_, path) if forward_auth::is_by_path(path) => Some(Self::ForwardAuthByPath),
            (&Method::POST, sessions::SESSIONS) => Some(Self::Exchange),
            (&Method::POST, one_time_tokens::MINT) => Some(Self::Mint),
            (&Method::GET, one_time_tokens::MINT) => Some(Self::MintByQuery),
            _ => None,
        }
    }

    /// Its route.
    pub(crate) fn route(self) -> &'static str {
        match self {
            Self::Verify => sessions::VERIFY,
            Self::ForwardAuth => forward_auth::ROUTE,
            Self::ForwardAuthByPath => forward_auth::BY_PATH_ROUTE,
            Self::Exchange => sessions::SESSIONS,
            Self::Mint | Self::MintByQuery => one_time_tokens::MINT,
        }
    }

    /// The answer to a request for it.
    pub(crate) async fn answer(
        self,
        service: &Service,
        sender: Sender,
        mut request: Request,
    ) -> Response {
        match self {
            Self::Verify => {
                let (request, _) = request.into_parts();
                let verified = sessions::verified(service, &request.headers).await;
                verified.into_response()
            }
            Self::ForwardAuth => {
                let (request, _) = request.into_parts();
                let answered = forward_auth::asked(service, &sender, &request).await;
                answered.into_response()
            }
            Self::ForwardAuthByPath => {
                let (request, _) = request.into_parts();
                let answered = forward_auth::asked_by_path(service, &sender, &request).await;
                answered.into_response()
            }
            Self::Exchange => {
                request.extensions_mut().insert(sender);
                sessions::open.call(request, service.clone()).await
            }
            Self::Mint => {
                request.extensions_mut().insert(sender);
                one_time_tokens::mint_post
                    .call(request, service.clone())
                    .await
            }
            Self::MintByQuery => {
                request.extensions_mut().insert(sender);
                one_time_tokens::mint_get
                    .call(request, service.clone())
                    .await
            }
        }
    }
}

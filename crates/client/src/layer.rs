//! Layers of tower: who may pass, and who it is.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::credential::Credential;
use crate::navigation::{self, Pages};
use crate::refusal::Refusal;
use crate::{Client, Session, VerifyError};

/// A layer behind which every request has a [`Session`], in its extensions. Others are answered
/// 401, and 503 where nobody can know.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is around a service"]
pub struct Require(Door);

impl Require {
    pub(crate) fn new(client: Client) -> Self {
        Self(Door::of(client, true))
    }

    /// Sends a person who opens a page, and has no session, to the hosted pages below this path
    /// of the application, such as `/auth`, to come back signed in. So are those who bring a
    /// one-time token in the address, whoever is signed in: they may be somebody else. All else is
    /// answered 401 as before.
    pub fn sign_in_at(self, pages: &str) -> Self {
        let sign_in_at = Some(Arc::new(Pages::at(pages)));
        Self(Door {
            sign_in_at,
            ..self.0
        })
    }

    /// Lets only this partner's users pass. Together with [`sign_in_at`](Self::sign_in_at) it is
    /// the partner whose pages these are: another's would sign nobody in who may pass.
    pub fn of_partner(self, slug: &str) -> Self {
        Self(self.0.of_partner(slug))
    }
}

/// A layer that lets every request pass, with a [`Session`] in its extensions where there is
/// one. It answers 503 where nobody can know, since a person who is signed in is not to be taken
/// for nobody.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is around a service"]
pub struct Recognise(Door);

impl Recognise {
    pub(crate) fn new(client: Client) -> Self {
        Self(Door::of(client, false))
    }

    /// Recognises only this partner's users. Others are nobody.
    pub fn of_partner(self, slug: &str) -> Self {
        Self(self.0.of_partner(slug))
    }
}

impl<S> Layer<S> for Require {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        let door = self.0.clone();
        Guarded { inner, door }
    }
}

impl<S> Layer<S> for Recognise {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        let door = self.0.clone();
        Guarded { inner, door }
    }
}

/// A service behind [`Require`] or [`Recognise`].
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    inner: S,
    door: Door,
}

impl<S, B, R> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<&'static str>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready serves; its clone is not, and is made ready for the next.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let door = self.door.clone();
        let (mut parts, body) = request.into_parts();
        Box::pin(async move {
            match door.pass(&mut parts).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await,
                Err(refusal) => Ok(refusal.into_response()),
            }
        })
    }
}

/// That a layer looked for a session: without it, none is no answer.
#[derive(Clone, Copy)]
pub(crate) struct Looked;

/// Who may pass.
#[derive(Clone, Debug)]
struct Door {
    client: Client,
    required: bool,
    partner: Option<Arc<str>>,
    sign_in_at: Option<Arc<Pages>>,
}

impl Door {
    fn of(client: Client, required: bool) -> Self {
        Self {
            client,
            required,
            partner: None,
            sign_in_at: None,
        }
    }

    fn of_partner(self, slug: &str) -> Self {
        let partner = Some(slug.into());
        Self { partner, ..self }
    }

    /// Puts the session into the request, in place of whatever is there.
    async fn pass(&self, parts: &mut Parts) -> Result<(), Refusal> {
        parts.extensions.remove::<Session>();
        parts.extensions.insert(Looked);
        let pages = self.sign_in_at.as_ref();
        let pages = pages.filter(|_| navigation::is_of_a_person(parts));
        if let Some(pages) = pages.filter(|_| navigation::brings_token(parts)) {
            return Err(Refusal::SignIn(pages.way_in(parts)));
        }
        let refusal = match Credential::of(&parts.headers) {
            Credential::Missing => Refusal::Nobody,
            Credential::Unusable => Refusal::NotThisToken,
            Credential::Token(token) => match self.client.verify(&token).await {
                Ok(session) if self.is_for(&session) => {
                    parts.extensions.insert(session);
                    return Ok(());
                }
                Ok(_) | Err(VerifyError::Refused) => Refusal::NotThisToken,
                Err(VerifyError::Unavailable(cause)) => {
                    tracing::warn!(cause = chain(&*cause), "whose session it is is not known");
                    return Err(Refusal::Unavailable);
                }
            },
        };
        match pages {
            _ if !self.required => Ok(()),
            Some(pages) => Err(Refusal::SignIn(pages.way_in(parts))),
            None => Err(refusal),
        }
    }

    fn is_for(&self, session: &Session) -> bool {
        let partner = self.partner.as_deref();
        partner.is_none_or(|partner| partner == session.user.partner)
    }
}

/// An error and what caused it, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

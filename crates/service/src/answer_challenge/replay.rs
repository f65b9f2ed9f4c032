//! The same sign-in once more, for the browser that lost the answer: it pressed twice, or the
//! connection broke.

use countersign_domain::Caller;
use countersign_domain::audit::{Action, Actor, Event, Subject};
use countersign_domain::authentication::{AuthenticationStatus, admit_user};
use countersign_domain::challenge::GuessRefusal;
use countersign_domain::id::AuthenticationId;
use countersign_domain::one_time::{Nonce, may_replay};
use countersign_domain::token::AuthenticationToken;
use countersign_store::Batch;

use crate::{AuthenticationView, Failure, Service};

impl Service {
    /// The token of a fresh authentication: with a nonce it is derived, so that it can be
    /// answered again although only its hash is kept.
    pub(super) fn token_for_answer(
        &self,
        id: AuthenticationId,
        nonce: Option<&Nonce>,
    ) -> AuthenticationToken {
        let ring = self.inner.keys.ring();
        match nonce {
            Some(nonce) => {
                let secret = ring.current().secret_of_answer(id, nonce);
                AuthenticationToken::with_secret(id, &secret)
            }
            None => AuthenticationToken::generate(id, &*self.inner.entropy),
        }
    }

    /// The sign-in that this answer got already. The nonce has the code in it, so that another
    /// code derives another token and gets nothing.
    pub(super) async fn answered(
        &self,
        caller: &Caller,
        id: AuthenticationId,
        nonce: &Nonce,
    ) -> Result<Option<AuthenticationView>, Failure<GuessRefusal>> {
        let found = self.inner.store.authentication(id).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let (authentication, now) = (&found.authentication, self.now());
        let soon = may_replay(authentication.authenticated_at, now);
        let lives = authentication.status(now) == AuthenticationStatus::Created
            && admit_user(found.status).is_ok();
        let ring = self.inner.keys.ring();
        let mut tokens = ring.all().map(|key| {
            let secret = key.secret_of_answer(id, nonce);
            AuthenticationToken::with_secret(id, &secret)
        });
        let token = tokens.find(|token| authentication.token.matches(&token.hash()));
        let Some(token) = token.filter(|_| soon && lives) else {
            return Ok(None);
        };
        let event = Event::done(Action::LogIn, Actor::User(authentication.user))
            .partner(&found.partner)
            .subject(Subject::Authentication(id))
            .detail(format!(
                "{}, once more with the same answer",
                authentication.authenticator.as_str()
            ));
        let entry = self.record(caller, event, now);
        self.commit(Batch::new().then(entry)).await?;
        Ok(Some(AuthenticationView::of(
            authentication,
            Some(token),
            now,
        )))
    }
}

//! Sign out: end authentications.

use countersign_domain::Caller;
use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::id::{AuthenticationId, UserId};
use countersign_domain::partner::Slug;
use countersign_store::{Batch, StoreError, authentications, feed};

use crate::{Credential, Failure, InvalidSession, Service};

/// Why nothing was signed out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignOutRefusal {
    /// The credential is not one.
    #[error("the token is unknown, expired or ended")]
    InvalidToken,
    /// There is no such authentication of this user.
    #[error("there is no such authentication")]
    NotFound,
}

impl Service {
    /// Ends an authentication and its sessions: by its own token, or by a session of its
    /// user. Ending what is dead already succeeds, so that a lost answer can be asked for
    /// again.
    ///
    /// # Errors
    /// [`SignOutRefusal`].
    pub async fn sign_out(
        &self,
        caller: &Caller,
        id: AuthenticationId,
        credential: &Credential,
    ) -> Result<(), Failure<SignOutRefusal>> {
        let (user, partner) = match credential {
            Credential::Authentication(token) => {
                let held = self.held_by(token).await?;
                let Some(held) = held else {
                    self.count(Action::SignOut, Reason::UnknownToken);
                    return Err(Failure::Refused(SignOutRefusal::InvalidToken));
                };
                let user = held.authentication.user;
                if held.authentication.id != id {
                    return Err(self.refuse_sign_out(caller, user, &held.partner));
                }
                (user, held.partner)
            }
            Credential::Session(token) => {
                let session = self.verify_to(Action::SignOut, token.expose()).await;
                let invalid = |_| SignOutRefusal::InvalidToken;
                let session = session.map_err(|failure| failure.map(invalid))?;
                (session.user, session.partner)
            }
        };
        let now = self.now();
        let event = Event::done(Action::SignOut, Actor::User(user))
            .partner(&partner)
            .subject(Subject::Authentication(id));
        let batch = Batch::new()
            .then(authentications::revoke(id, user, now))
            .then(feed::authentication(id, now))
            .then(self.record(caller, event, now));
        match self.commit(batch).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => {
                let done = self.already_signed_out(id, user).await?;
                done.then_some(())
                    .ok_or_else(|| self.refuse_sign_out(caller, user, &partner))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether it is an authentication of this user, which is dead then.
    async fn already_signed_out(
        &self,
        id: AuthenticationId,
        user: UserId,
    ) -> Result<bool, StoreError> {
        let found = self.inner.store.authentication(id).await?;
        Ok(found.is_some_and(|found| found.authentication.user == user))
    }

    fn refuse_sign_out(
        &self,
        caller: &Caller,
        user: UserId,
        partner: &Slug,
    ) -> Failure<SignOutRefusal> {
        let event = Event::refused(Action::SignOut, Reason::NotFound, Actor::User(user));
        self.record_later(caller, event.partner(partner));
        Failure::Refused(SignOutRefusal::NotFound)
    }

    /// Ends every authentication of a session's user but the session's own.
    ///
    /// # Errors
    /// [`InvalidSession`].
    pub async fn sign_out_others(
        &self,
        caller: &Caller,
        token: &str,
    ) -> Result<(), Failure<InvalidSession>> {
        let session = self.verify_to(Action::SignOutOthers, token).await?;
        let now = self.now();
        let event = Event::done(Action::SignOutOthers, Actor::User(session.user))
            .partner(&session.partner)
            .subject(Subject::Authentication(session.authentication));
        let kept = Some(session.authentication);
        let batch = Batch::new()
            .then(authentications::revoke_of_user(session.user, kept, now))
            .then(feed::authentications_of_user(session.user, now))
            .then(self.record(caller, event, now));
        self.commit(batch).await?;
        Ok(())
    }
}

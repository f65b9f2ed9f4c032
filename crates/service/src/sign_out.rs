//! Sign out: end authentications.

use countersign_domain::Caller;
use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::id::{AuthenticationId, UserId};
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
        let user = match credential {
            Credential::Authentication(token) => {
                let held = self.held_by(token).await?;
                let Some(held) = held else {
                    self.count(Action::SignOut, Reason::UnknownToken);
                    return Err(Failure::Refused(SignOutRefusal::InvalidToken));
                };
                if held.id != id {
                    return Err(self.refuse_sign_out(caller, held.user));
                }
                held.user
            }
            Credential::Session(token) => {
                let session = self.verify_to(Action::SignOut, token.expose()).await;
                session
                    .map_err(|failure| failure.map(|_| SignOutRefusal::InvalidToken))?
                    .user
            }
        };
        let now = self.now();
        let event = Event::done(Action::SignOut, Actor::User(user));
        let event = event.subject(Subject::Authentication(id));
        let batch = Batch::new()
            .then(authentications::revoke(id, user, now))
            .then(feed::authentication(id, now))
            .then(self.record(caller, event, now));
        match self.commit(batch).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => self.already_signed_out(caller, id, user).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn already_signed_out(
        &self,
        caller: &Caller,
        id: AuthenticationId,
        user: UserId,
    ) -> Result<(), Failure<SignOutRefusal>> {
        let found = self.inner.store.authentication(id).await?;
        let of_user = found.is_some_and(|found| found.authentication.user == user);
        of_user
            .then_some(())
            .ok_or_else(|| self.refuse_sign_out(caller, user))
    }

    fn refuse_sign_out(&self, caller: &Caller, user: UserId) -> Failure<SignOutRefusal> {
        let event = Event::refused(Action::SignOut, Reason::NotFound, Actor::User(user));
        self.record_later(caller, event);
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

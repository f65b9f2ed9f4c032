//! Sign out: end authentications.

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
        id: AuthenticationId,
        credential: &Credential,
    ) -> Result<(), Failure<SignOutRefusal>> {
        let user = match credential {
            Credential::Authentication(token) => {
                let held = self.held_by(token).await?;
                let held = held.ok_or(Failure::Refused(SignOutRefusal::InvalidToken))?;
                if held.id != id {
                    return Err(Failure::Refused(SignOutRefusal::NotFound));
                }
                held.user
            }
            Credential::Session(token) => {
                let session = self.verify(token.expose()).await;
                session
                    .map_err(|failure| failure.map(|_| SignOutRefusal::InvalidToken))?
                    .user
            }
        };
        let now = self.now();
        let batch = Batch::new()
            .then(authentications::revoke(id, user, now))
            .then(feed::authentication(id, now));
        match self.commit(batch).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => self.already_signed_out(id, user).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn already_signed_out(
        &self,
        id: AuthenticationId,
        user: UserId,
    ) -> Result<(), Failure<SignOutRefusal>> {
        let found = self.inner.store.authentication(id).await?;
        let of_user = found.is_some_and(|found| found.authentication.user == user);
        of_user
            .then_some(())
            .ok_or(Failure::Refused(SignOutRefusal::NotFound))
    }

    /// Ends every authentication of a session's user but the session's own.
    ///
    /// # Errors
    /// [`InvalidSession`].
    pub async fn sign_out_others(&self, token: &str) -> Result<(), Failure<InvalidSession>> {
        let session = self.verify(token).await?;
        let now = self.now();
        let kept = Some(session.authentication);
        let batch = Batch::new()
            .then(authentications::revoke_of_user(session.user, kept, now))
            .then(feed::authentications_of_user(session.user, now));
        self.commit(batch).await?;
        Ok(())
    }
}

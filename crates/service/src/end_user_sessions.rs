//! End a user's sessions: the partner says that they logged out, or that they are gone.

use countersign_domain::Caller;
use countersign_domain::api_key::{KeyRefusal, Scope};
use countersign_domain::audit::{Action, Reason};
use countersign_domain::id::UserId;
use countersign_domain::identity::{Identity, InvalidIdentity};
use countersign_domain::partner::Slug;
use countersign_domain::token::ApiKeyText;
use countersign_store::{Batch, StoreError, authentications, feed, redemptions, users};

use crate::api_keys::Backend;
use crate::{Failure, Service};

const ACTION: Action = Action::EndUserSessions;

/// Why no user's sessions were ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EndUserSessionsRefusal {
    /// The API key is not let in.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The user is not named.
    #[error(transparent)]
    User(#[from] InvalidIdentity),
}

impl Service {
    /// Ends the authentications and sessions of the partner's user with this identity, written
    /// `type:value`, and the one-time tokens that name it. Whether there is such a user makes
    /// no difference.
    ///
    /// # Errors
    /// [`EndUserSessionsRefusal`].
    pub async fn end_user_sessions(
        &self,
        caller: &Caller,
        key: &ApiKeyText,
        user: &str,
    ) -> Result<(), Failure<EndUserSessionsRefusal>> {
        let backend = self.backend(caller, key, ACTION, Scope::Revoke).await;
        let backend = backend.map_err(|failure| failure.map(EndUserSessionsRefusal::Key))?;
        let identity: Result<Identity, _> = user.parse();
        let identity = identity.map_err(|invalid| {
            let event = backend.refused(ACTION, Reason::NotAnIdentity);
            self.record_later(caller, event);
            Failure::Refused(invalid.into())
        })?;
        let (service, caller) = (self.clone(), caller.clone());
        self.finish(async move { service.end_all(&caller, &backend, &identity).await })
            .await?;
        Ok(())
    }

    /// Goes on if the client hangs up: who came in between is ended as well.
    async fn end_all(
        &self,
        caller: &Caller,
        backend: &Backend,
        identity: &Identity,
    ) -> Result<(), StoreError> {
        let partner = &backend.partner;
        let mut user = self.user_of(partner, identity).await?;
        loop {
            let now = self.now();
            let steps = user.into_iter().flat_map(|id| {
                [
                    redemptions::end_of_user(id, now),
                    users::raise_if_signed_in(id, now),
                    feed::user_if_raised(id, now),
                    authentications::revoke_of_user(id, None, now),
                ]
            });
            let ended = redemptions::end_of_identity(partner, identity, now);
            let event = backend.done(ACTION);
            let event = match user {
                Some(id) => event.user(id),
                None => event,
            };
            let record = self.record(caller, event, now);
            let batch = Batch::new()
                .then(feed::ended(now))
                .then(ended)
                .then_all(steps)
                .then(record);
            self.commit(batch).await?;
            // Who signed up with an earlier token until that was committed is still to end.
            let after = self.user_of(partner, identity).await?;
            if after.is_none() || after == user {
                return Ok(());
            }
            user = after;
        }
    }

    async fn user_of(
        &self,
        partner: &Slug,
        identity: &Identity,
    ) -> Result<Option<UserId>, StoreError> {
        let stored = self.inner.store.user_by_identity(partner, identity).await?;
        Ok(stored.map(|stored| stored.user.id))
    }
}

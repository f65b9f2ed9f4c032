//! End one session.

use countersign_domain::Caller;
use countersign_domain::audit::{Action, Actor, Event, Subject};
use countersign_domain::revocation::LIVE_FOR;
use countersign_store::{Batch, StoreError, authentications, feed};

use crate::{Failure, InvalidSession, Service};

/// Sessions of one authentication that are ended one by one. Whoever ends more ends all of
/// that authentication's, so that nobody can fill the memory of every node.
const ONE_BY_ONE: i64 = 8;

impl Service {
    /// Ends the session of this token.
    ///
    /// # Errors
    /// [`InvalidSession`].
    pub async fn end_session(
        &self,
        caller: &Caller,
        token: &str,
    ) -> Result<(), Failure<InvalidSession>> {
        let session = self.verify_to(Action::EndSession, token).await?;
        let (id, now) = (session.authentication, self.now());
        let event = Event::done(Action::EndSession, Actor::User(session.user))
            .partner(&session.partner)
            .subject(Subject::Session(session.id));
        let since = now.minus(LIVE_FOR);
        let one = Batch::new()
            .then(feed::session(id, session.id, ONE_BY_ONE, since, now))
            .then(self.record(caller, event.clone(), now));
        match self.commit(one).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let all = Batch::new()
            .then(authentications::raise(id, now))
            .then(feed::authentication(id, now))
            .then(self.record(caller, event.detail("and all of its authentication"), now));
        match self.commit(all).await {
            // Its authentication is gone, and it with that.
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

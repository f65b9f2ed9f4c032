//! End one session.

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
    pub async fn end_session(&self, token: &str) -> Result<(), Failure<InvalidSession>> {
        let session = self.verify(token).await?;
        let (id, now) = (session.authentication, self.now());
        let one = Batch::new().then(feed::session(
            id,
            session.id,
            ONE_BY_ONE,
            now.minus(LIVE_FOR),
            now,
        ));
        match self.commit(one).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let all = Batch::new()
            .then(authentications::raise(id, now))
            .then(feed::authentication(id, now));
        match self.commit(all).await {
            // Its authentication is gone, and it with that.
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

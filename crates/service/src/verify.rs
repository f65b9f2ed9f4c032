//! Verify a session token.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::audit::{Action, Reason};
use countersign_domain::key::{Keyring, SealingKeyId};
use countersign_domain::session::Session;
use countersign_domain::token::{OpenError, SessionToken};
use countersign_store::StoreError;

use crate::{Failure, Service};

/// How long after the answer to a revocation any node may still accept what it revoked. A
/// node whose knowledge is older asks the database.
pub const REVOCATION_BOUND: Duration = Duration::from_secs(1);

/// The text is no session token, or its session has expired or was ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the session is unknown, expired or ended")]
pub struct InvalidSession;

impl Service {
    /// The session that a token holds, if it lives.
    ///
    /// Without a database read: the token is opened, and the live revocations are in memory.
    /// Only a node that has not heard from the database for longer than
    /// [`REVOCATION_BOUND`] asks it, and one that cannot ask refuses.
    ///
    /// # Errors
    /// [`InvalidSession`] where it does not live, [`Failure::Store`] where that cannot be
    /// known.
    pub async fn verify(&self, token: &str) -> Result<Session, Failure<InvalidSession>> {
        let invalid = || Failure::Refused(InvalidSession);
        let session = match SessionToken::open(token, &self.inner.keys.ring()) {
            Ok(session) => session,
            Err(OpenError::NotAToken) => return Err(invalid()),
            Err(OpenError::UnknownKey(id)) => {
                // Boxed, since it hardly ever happens: each connection would have room for it.
                let ring = Box::pin(self.ring_with(id)).await?.ok_or_else(invalid)?;
                SessionToken::open(token, &ring).map_err(|_| invalid())?
            }
        };
        self.lives(&session).await?;
        Ok(session)
    }

    /// Whether a session that was ours lives on.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub(crate) async fn lives(&self, session: &Session) -> Result<(), Failure<InvalidSession>> {
        // What is known is looked up before the set and the clock is read behind it: neither
        // a poll nor a long pause in between can make an old set pass for fresh.
        let known_at = self.inner.live.known_at();
        let ended = self.inner.live.ends(session);
        let age = self.inner.clock.uptime().saturating_sub(known_at);
        if ended || self.now() >= session.expires_at {
            return Err(Failure::Refused(InvalidSession));
        }
        if age > REVOCATION_BOUND {
            Box::pin(self.ask(session)).await?;
        }
        Ok(())
    }

    /// The session that a token holds, for who wants to do something with it.
    pub(crate) async fn verify_to(
        &self,
        action: Action,
        token: &str,
    ) -> Result<Session, Failure<InvalidSession>> {
        let session = self.verify(token).await;
        if let Err(Failure::Refused(InvalidSession)) = session {
            self.count(action, Reason::InvalidSession);
        }
        session
    }

    /// The sealing keys with this one among them; `None` if it is no key of ours.
    pub(crate) async fn ring_with(
        &self,
        id: SealingKeyId,
    ) -> Result<Option<Arc<Keyring>>, StoreError> {
        let fresh = self.knowledge_age() <= REVOCATION_BOUND;
        let uptime = self.inner.clock.uptime();
        self.inner
            .keys
            .with(id, &self.inner.store, uptime, fresh)
            .await
    }

    /// Asks the database whether a session was ended.
    async fn ask(&self, session: &Session) -> Result<(), Failure<InvalidSession>> {
        let store = &self.inner.store;
        let epochs = store.epochs(session.authentication, session.id).await?;
        let lives = epochs.is_some_and(|now| {
            session.epochs.user >= now.user && session.epochs.authentication >= now.authentication
        });
        lives.then_some(()).ok_or(Failure::Refused(InvalidSession))
    }
}

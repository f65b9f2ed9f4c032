//! Forward-auth: whose a request to the application is, for the proxy in front of it.

use std::sync::Arc;

use countersign_domain::Caller;
use countersign_domain::id::AuthenticationId;
use countersign_domain::partner::Slug;
use countersign_domain::session::Session;
use countersign_domain::token::{AuthenticationToken, TokenHash};
use countersign_store::StoreError;
use quick_cache::sync::Cache;

use crate::{Failure, Held, Recognised, Service, Site};

/// Authentications whose sessions are kept at most, of about half a kibibyte each. Beyond, those
/// go that are asked for least, and cost a read again.
const MOST: usize = 50_000;

/// Sessions that stand for the authentication tokens of browsers, which a proxy asks about with
/// each request and which get no session of their own from it.
///
/// What is kept is a session like any other: it lives as long, and ends with its epochs, which are
/// looked at each time. So nothing has to be taken out when something is revoked.
pub(crate) struct StandIns(Cache<AuthenticationId, StandIn>);

#[derive(Clone)]
struct StandIn {
    /// Of the token that was exchanged: whoever knows an id has not shown a token.
    token: TokenHash,
    session: Arc<Session>,
}

impl Default for StandIns {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl StandIns {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn of(&self, token: &AuthenticationToken) -> Option<Arc<Session>> {
        let found = self.0.get(&token.id())?;
        let shown = found.token.matches(&token.hash());
        shown.then_some(found.session)
    }

    fn keep(&self, token: &AuthenticationToken, session: Arc<Session>) {
        let token = token.hash();
        let id = session.authentication;
        self.0.insert(id, StandIn { token, session });
    }
}

impl Service {
    /// The hosted pages of an origin, by the authority that a request names. `None` where nobody
    /// registered one there.
    #[must_use]
    pub fn site_at(&self, authority: &str) -> Option<Arc<Site>> {
        self.inner.partners.site_at(authority)
    }

    /// Whether there is such a partner, as far as this node knows.
    #[must_use]
    pub fn knows_partner(&self, partner: &Slug) -> bool {
        self.inner.partners.settings(partner).is_some()
    }

    /// Whose a request to the application is, among the users of this partner: by the session that
    /// it carries, or by the authentication, as if it had been exchanged. `None` is nobody.
    ///
    /// Without a database read, as [`verify`](Self::verify) is, but for the first time that an
    /// authentication is seen and once for each life of a session.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be known.
    pub async fn forward_auth(
        &self,
        caller: &Caller,
        partner: &Slug,
        held: &Held,
    ) -> Result<Option<Arc<Session>>, StoreError> {
        if let Some(token) = &held.session
            && let Some(session) = self.session_of(partner, token.expose()).await?
        {
            return Ok(Some(Arc::from(session)));
        }
        let Some(token) = &held.authentication else {
            return Ok(None);
        };
        if let Some(session) = self.inner.stand_ins.of(token) {
            match self.lives(&session).await {
                Ok(()) => return Ok((session.partner == *partner).then_some(session)),
                // There may be another one to be had.
                Err(Failure::Refused(_) | Failure::Overloaded(_)) => {}
                Err(Failure::Store(error)) => return Err(error),
            }
        }
        let alone = Held {
            authentication: Some(token.clone()),
            session: None,
        };
        // Boxed, since it is rare: each connection would have room for it.
        let recognition = Box::pin(self.recognise(caller, partner, &alone)).await?;
        let Recognised::User { session, .. } = recognition.who else {
            return Ok(None);
        };
        let session = Arc::from(session);
        self.inner.stand_ins.keep(token, Arc::clone(&session));
        Ok(Some(session))
    }
}

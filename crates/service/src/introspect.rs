//! Introspect a session token (RFC 7662): whose it is, for a backend that shows who it is itself.

use countersign_domain::Caller;
use countersign_domain::api_key::{KeyRefusal, Scope};
use countersign_domain::audit::Action;
use countersign_domain::session::Session;
use countersign_domain::token::ApiKeyText;

use crate::{Failure, Service};

impl Service {
    /// The session that a token holds, if it lives and is of the API key's partner: of any other
    /// the answer is the same as of a text that is no token.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub async fn introspect(
        &self,
        caller: &Caller,
        key: &ApiKeyText,
        token: &str,
    ) -> Result<Option<Session>, Failure<KeyRefusal>> {
        let backend = self.backend(caller, key, Action::Introspect, Scope::Introspect);
        let backend = backend.await?;
        match self.verify(token).await {
            Ok(session) => Ok((session.partner == backend.partner).then_some(session)),
            Err(Failure::Refused(_)) => Ok(None),
            Err(Failure::Overloaded(after)) => Err(Failure::Overloaded(after)),
            Err(Failure::Store(error)) => Err(error.into()),
        }
    }
}

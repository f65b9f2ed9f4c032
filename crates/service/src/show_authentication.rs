//! Show an authentication to its holder.

use countersign_domain::id::AuthenticationId;
use countersign_domain::token::AuthenticationToken;
use countersign_store::StoreError;
use countersign_store::authentications::WithUser;

use crate::{AuthenticationView, Credential, Failure, Service};

/// Whoever asks holds neither that authentication token nor a session of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("only the holder of an authentication sees it")]
pub struct NotTheHolder;

impl Service {
    /// Shows an authentication, dead or alive, to who holds its token or a session of it.
    ///
    /// # Errors
    /// [`NotTheHolder`] for anyone else, and where there is none.
    pub async fn show_authentication(
        &self,
        id: AuthenticationId,
        credential: &Credential,
    ) -> Result<AuthenticationView, Failure<NotTheHolder>> {
        let refused = || Failure::Refused(NotTheHolder);
        let authentication = match credential {
            Credential::Authentication(token) if token.id() == id => {
                let held = self.held_by(token).await?;
                held.map(|held| held.authentication)
            }
            Credential::Authentication(_) => None,
            Credential::Session(token) => {
                let session = self.verify(token.expose()).await;
                let session = session.map_err(|failure| failure.map(|_| NotTheHolder))?;
                let of_it = session.authentication == id;
                let found = if of_it {
                    self.inner.store.authentication(id).await?
                } else {
                    None
                };
                found.map(|found| found.authentication)
            }
        };
        let authentication = authentication.ok_or_else(refused)?;
        Ok(AuthenticationView::of(&authentication, None, self.now()))
    }

    /// The authentication of this token, dead or alive.
    pub(crate) async fn held_by(
        &self,
        token: &AuthenticationToken,
    ) -> Result<Option<WithUser>, StoreError> {
        let found = self.inner.store.authentication(token.id()).await?;
        Ok(found.filter(|held| held.authentication.token.matches(&token.hash())))
    }
}

//! Mint a one-time token: a partner's word for a user whom it has signed in.

use std::fmt;

use countersign_domain::api_key::{KeyRefusal, Scope};
use countersign_domain::asserted::{Asserted, InvalidAssertion};
use countersign_domain::audit::{Action, Reason};
use countersign_domain::id::OneTimeTokenId;
use countersign_domain::one_time::{OneTime, Purpose};
use countersign_domain::token::{ApiKeyText, OneTimeToken};
use countersign_domain::{Caller, Timestamp};

use crate::api_keys::Backend;
use crate::{Failure, Service};

/// By what a partner names its user, as it wrote it. Its `Debug` keeps that to itself.
#[derive(Clone, Default)]
pub struct NamedUser {
    /// The partner's own stable id of the user.
    pub user_id: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A phone number in international form.
    pub phone: Option<String>,
}

impl fmt::Debug for NamedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamedUser([hidden])")
    }
}

impl NamedUser {
    pub(crate) fn resolve(&self) -> Result<Asserted, InvalidAssertion> {
        Asserted::parse(
            self.user_id.as_deref(),
            self.email.as_deref(),
            self.phone.as_deref(),
        )
    }
}

/// A one-time token just minted.
#[derive(Clone, Debug)]
pub struct Minted {
    /// The token.
    pub token: OneTimeToken,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// Why no one-time token is minted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MintRefusal {
    /// The API key is not let in.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The user is not named.
    #[error(transparent)]
    User(#[from] InvalidAssertion),
    /// The partner does not use Login Force.
    #[error("the partner does not use Login Force")]
    MechanismOff,
}

impl Service {
    /// Mints a one-time token for whom the application sent to the partner to sign in.
    ///
    /// Without a database read: the key and the settings are in memory, and the token is
    /// sealed. Nothing is kept of it until it is redeemed.
    ///
    /// # Errors
    /// [`MintRefusal`].
    pub async fn mint(
        &self,
        caller: &Caller,
        key: &ApiKeyText,
        user: &NamedUser,
    ) -> Result<Minted, Failure<MintRefusal>> {
        let backend = self.backend(caller, key, Action::Mint, Scope::Mint).await;
        let backend = backend.map_err(|failure| failure.map(MintRefusal::Key))?;
        let refuse = |reason, refusal: MintRefusal| {
            self.record_later(caller, backend.refused(Action::Mint, reason));
            Failure::Refused(refusal)
        };
        if !backend.settings.force {
            return Err(refuse(Reason::MechanismOff, MintRefusal::MechanismOff));
        }
        let user = user.resolve();
        let user = user.map_err(|invalid| refuse(Reason::NotAnIdentity, invalid.into()))?;
        Ok(self.vouch(&backend, user, Purpose::Force, false))
    }

    /// Seals a partner's word for a user.
    pub(crate) fn vouch(
        &self,
        backend: &Backend,
        user: Asserted,
        purpose: Purpose,
        from_app: bool,
    ) -> Minted {
        let now = self.now();
        let end = now.plus(backend.settings.one_time_token_life);
        let one_time = OneTime {
            id: OneTimeTokenId::generate(now, &*self.inner.entropy),
            key: backend.key.id,
            partner: backend.partner.clone(),
            purpose,
            from_app,
            user,
            known: self.inner.live.mark(),
            // It does not outlive the key that vouches for it.
            expires_at: backend
                .key
                .expires_at
                .map_or(end, |key_ends| end.min(key_ends)),
        };
        let keys = self.inner.keys.ring();
        Minted {
            token: OneTimeToken::seal(&one_time, keys.current(), &*self.inner.entropy),
            expires_at: one_time.expires_at,
        }
    }
}

//! What an operator does: with users, partners and API keys.
//!
//! From the command line it works beside a running server, which learns of every change by
//! the feed. Over HTTP it works within one, which knows the change before it answers.

mod api_keys;
mod devices;
mod export;
mod import;
mod limits;
mod partners;
mod sms;
mod users;

use std::sync::Arc;

use countersign_domain::api_key::{KeyRefusal, Scope};
use countersign_domain::audit::{Action, Actor, Event};
use countersign_domain::limits::LimitKey;
use countersign_domain::token::ApiKeyText;
use countersign_domain::{Caller, Clock, Entropy, Timestamp};
use countersign_store::{Batch, Outcome, Step, Store, StoreError};

use crate::api_keys::KeyUse;
use crate::audit::Ledger;
use crate::{Breached, Failure, Partners, Passwords, Service};

pub use api_keys::{CreatedKey, KeyChangeRefusal, NewKey};
pub use countersign_store::limits::{Guesses as CountedGuesses, Sends as CountedSends};
pub use export::UserExport;
pub use import::{Imported, ImportedIdentity, ImportedUser};
pub use limits::{CountedIdentity, ShownLimits};
pub use partners::{PartnerRefusal, ShownPartner};
pub use sms::{ShownBreaker, ShownSms};
pub use users::{NewUser, UserRefusal, WhichUser};

/// What an operator works with, and on whose behalf.
#[derive(Clone)]
pub struct Operator {
    /// Where things are kept.
    pub store: Store,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// What the partners set.
    pub partners: Partners,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// The passwords that leaked somewhere, which nobody may choose.
    pub breached: Breached,
    /// Where what is done is written.
    pub ledger: Ledger,
    /// By what identities are counted.
    pub limits: LimitKey,
    /// Who does it.
    pub actor: Actor,
    /// In which request.
    pub caller: Caller,
    /// The server within which this works, if it does.
    pub node: Option<Service>,
}

impl Operator {
    /// Commits a batch; the node within which this works knows what it tells.
    async fn commit(&self, batch: Batch) -> Result<Outcome, StoreError> {
        match &self.node {
            Some(node) => node.commit(batch).await,
            None => self.store.commit(batch).await,
        }
    }

    /// Something done by this operator.
    fn event(&self, action: Action) -> Event {
        Event::done(action, self.actor)
    }

    /// Writes it, in the unit of work of what it tells.
    fn record(&self, event: Event, now: Timestamp) -> Step {
        self.ledger.entry(&self.caller, event, now)
    }
}

impl Service {
    /// What the holder of an API key with the scope `admin` does within this node.
    ///
    /// # Errors
    /// [`KeyRefusal`], where it is none.
    pub async fn operator(
        &self,
        caller: Caller,
        key: &ApiKeyText,
    ) -> Result<Operator, Failure<KeyRefusal>> {
        let asked = KeyUse::new(Action::Administer, Some(Scope::Admin));
        let key = self.api_key(&caller, key, asked).await?;
        let inner = &self.inner;
        Ok(Operator {
            store: inner.store.clone(),
            clock: Arc::clone(&inner.clock),
            entropy: Arc::clone(&inner.entropy),
            partners: inner.partners.clone(),
            passwords: inner.passwords.clone(),
            breached: inner.breached.clone(),
            ledger: inner.ledger.clone(),
            limits: inner.limit_key.clone(),
            actor: Actor::ApiKey(key.id),
            caller,
            node: Some(self.clone()),
        })
    }
}

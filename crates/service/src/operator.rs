//! What an operator does: with users, partners and API keys.
//!
//! From the command line it works beside a running server, which learns of every change by
//! the feed. Over HTTP it works within one, which knows the change before it answers.

mod api_keys;
mod partners;
mod users;

use std::sync::Arc;

use countersign_domain::{Clock, Entropy};
use countersign_store::{Batch, Outcome, Store, StoreError};

use crate::{Partners, Passwords, Service};

pub use api_keys::{CreatedKey, KeyChangeRefusal, NewKey};
pub use partners::{PartnerRefusal, ShownPartner};
pub use users::{NewUser, UserRefusal, WhichUser};

/// What an operator works with.
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
}

impl Service {
    /// What an operator does within this node.
    #[must_use]
    pub fn operator(&self) -> Operator {
        let inner = &self.inner;
        Operator {
            store: inner.store.clone(),
            clock: Arc::clone(&inner.clock),
            entropy: Arc::clone(&inner.entropy),
            partners: inner.partners.clone(),
            passwords: inner.passwords.clone(),
            node: Some(self.clone()),
        }
    }
}

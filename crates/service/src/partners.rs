//! What a node knows of the partners.

use std::collections::HashMap;
use std::sync::Arc;

use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_store::{Store, StoreError};
use parking_lot::RwLock;

/// The partners and what holds for each. Kept in memory and loaded again when the feed tells
/// that they have changed. Clones share it.
#[derive(Clone)]
pub struct Partners {
    defaults: PartnerSettings,
    known: Arc<RwLock<HashMap<Slug, Arc<PartnerSettings>>>>,
}

impl Partners {
    /// Loads the partners. `defaults` hold where one sets nothing itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(store: &Store, defaults: PartnerSettings) -> Result<Self, StoreError> {
        let partners = Self {
            defaults,
            known: Arc::default(),
        };
        partners.reload(store).await?;
        Ok(partners)
    }

    /// Loads the partners again.
    pub(crate) async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        let mut known = HashMap::new();
        for partner in store.partners().await? {
            let settings = self
                .defaults
                .with(&partner.settings)
                .unwrap_or_else(|error| {
                    // The defaults were lowered beneath what the partner relies on.
                    tracing::error!(partner = %partner.slug, %error, "settings are out of range");
                    self.defaults.clone()
                });
            known.insert(partner.slug, Arc::new(settings));
        }
        *self.known.write() = known;
        Ok(())
    }

    /// What holds for this partner; `None` if there is no such partner.
    #[must_use]
    pub fn settings(&self, slug: &Slug) -> Option<Arc<PartnerSettings>> {
        self.known.read().get(slug).cloned()
    }
}

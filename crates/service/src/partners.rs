//! What a node knows of the partners.

use std::collections::HashMap;
use std::sync::Arc;

use countersign_domain::partner::{InvalidSettings, OwnSettings, PartnerSettings, Slug};
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
            let settings = match partner.settings {
                Some(own) => self.resolve(&partner.slug, own),
                // A newer version wrote them. What held for it holds on; where nothing did,
                // its users wait until this node is of that version as well.
                None => self.settings(&partner.slug),
            };
            if let Some(settings) = settings {
                known.insert(partner.slug, settings);
            }
        }
        *self.known.write() = known;
        Ok(())
    }

    /// What holds for a partner whose API key is known, from the database.
    ///
    /// For a partner that is not known: it was added a moment ago, and the feed has not told yet.
    /// And for every partner where this node knows of no changes any more. What the feed has told
    /// in the meantime stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it cannot be known.
    pub(crate) async fn ask(
        &self,
        slug: &Slug,
        store: &Store,
    ) -> Result<Arc<PartnerSettings>, StoreError> {
        let stored = store.partner(slug).await?;
        let own = stored.and_then(|stored| stored.partner.settings);
        let settings = own.and_then(|own| self.resolve(slug, own));
        let settings = settings.or_else(|| self.settings(slug));
        let unreadable = || StoreError::Unavailable {
            cause: format!("the settings of the partner {slug} cannot be read"),
        };
        let settings = settings.ok_or_else(unreadable)?;
        let mut all = self.known.write();
        all.entry(slug.clone()).or_insert_with(|| settings.clone());
        Ok(settings)
    }

    /// The defaults with a partner's own settings, but for what is out of its range by now: it
    /// gives way, and the others hold. `None` where the defaults themselves are out of range.
    pub(crate) fn resolve(
        &self,
        slug: &Slug,
        mut own: OwnSettings,
    ) -> Option<Arc<PartnerSettings>> {
        // Each round takes something away, so that there is a last one.
        loop {
            match self.defaults.with(&own) {
                Ok(settings) => return Some(Arc::new(settings)),
                Err(invalid) => {
                    tracing::error!(partner = %slug, %invalid, "a setting is out of its range");
                    let less = own.clone().without(invalid);
                    if less == own {
                        return None;
                    }
                    own = less;
                }
            }
        }
    }

    /// Checks what a partner sets itself.
    pub(crate) fn check(&self, own: &OwnSettings) -> Result<(), InvalidSettings> {
        self.defaults.with(own).map(drop)
    }

    /// What holds for this partner; `None` if there is no such partner.
    #[must_use]
    pub fn settings(&self, slug: &Slug) -> Option<Arc<PartnerSettings>> {
        self.known.read().get(slug).cloned()
    }
}

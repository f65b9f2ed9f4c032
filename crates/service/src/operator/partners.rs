//! Partners, as an operator adds, shows and sets them.

use std::sync::Arc;

use countersign_domain::Timestamp;
use countersign_domain::partner::{InvalidSettings, OwnSettings, PartnerSettings, Slug};
use countersign_store::partners::StoredPartner;
use countersign_store::{Batch, StoreError, feed, partners};

use super::Operator;
use crate::Failure;

/// A partner, as an operator sees it.
#[derive(Clone, Debug)]
pub struct ShownPartner {
    /// Its name and key.
    pub slug: Slug,
    /// What it sets itself; `None` where a newer version wrote what this one cannot read.
    pub own: Option<OwnSettings>,
    /// What holds for it in all.
    pub settings: Option<Arc<PartnerSettings>>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Why no partner was added or set.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PartnerRefusal {
    /// There is no such partner.
    #[error("there is no partner {0}")]
    Unknown(Slug),
    /// There is one already.
    #[error("there is a partner {0} already")]
    Taken(Slug),
    /// A setting is out of its range.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
}

impl Operator {
    /// Adds a partner that sets this itself.
    ///
    /// # Errors
    /// [`PartnerRefusal`].
    pub async fn add_partner(
        &self,
        slug: &Slug,
        own: &OwnSettings,
    ) -> Result<(), Failure<PartnerRefusal>> {
        self.partners.check(own).map_err(Failure::Refused)?;
        let now = self.clock.now();
        let batch = Batch::new()
            .then(partners::insert(slug, own, now))
            .then(feed::partners(now));
        match self.commit(batch).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => {
                Err(Failure::Refused(PartnerRefusal::Taken(slug.clone())))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Every partner's slug.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn partner_slugs(&self) -> Result<Vec<Slug>, StoreError> {
        let partners = self.store.partners().await?.into_iter();
        Ok(partners.map(|partner| partner.slug).collect())
    }

    /// A partner and what holds for it.
    ///
    /// # Errors
    /// [`PartnerRefusal::Unknown`].
    pub async fn show_partner(&self, slug: &Slug) -> Result<ShownPartner, Failure<PartnerRefusal>> {
        let stored = self.stored_partner(slug).await?;
        let own = stored.partner.settings;
        Ok(ShownPartner {
            slug: stored.partner.slug,
            settings: own
                .as_ref()
                .and_then(|own| self.partners.resolve(slug, own.clone())),
            own,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        })
    }

    async fn stored_partner(&self, slug: &Slug) -> Result<StoredPartner, Failure<PartnerRefusal>> {
        let stored = self.store.partner(slug).await?;
        stored.ok_or_else(|| Failure::Refused(PartnerRefusal::Unknown(slug.clone())))
    }
}

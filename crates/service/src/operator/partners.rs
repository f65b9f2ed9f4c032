//! Partners, as an operator adds, shows and sets them.

use std::sync::Arc;

use countersign_domain::Timestamp;
use countersign_domain::audit::Action;
use countersign_domain::partner::{
    InvalidPatch, InvalidSettings, OwnSettings, PartnerSettings, Slug,
};
use countersign_store::partners::StoredPartner;
use countersign_store::{Batch, StoreError, feed, partners};
use serde_json::Value;

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
    /// The change is none.
    #[error(transparent)]
    Patch(#[from] InvalidPatch),
    /// A newer version wrote its settings.
    #[error("a newer version of Countersign wrote the settings of {0}; use that version")]
    Newer(Slug),
    /// Another partner has pages on one of the origins.
    #[error("public_urls: the partner {0} has pages on that origin; one origin is of one partner")]
    OriginTaken(Slug),
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
        self.check(own)?;
        loop {
            let now = self.clock.now();
            let event = self.event(Action::PartnerAdded).partner(slug);
            let batch = Batch::new()
                .then_all(partners::insert(slug, own, now))
                .then(feed::partners(now))
                .then(self.record(event, now));
            match self.commit(batch).await {
                Ok(_) => return Ok(()),
                // Whoever had the origin has let go of it, if nobody is refused for it.
                Err(error) if partners::origin_taken(&error) => {
                    self.refuse_origin(slug, own).await?;
                }
                Err(StoreError::Conflict { .. }) => {
                    return Err(Failure::Refused(PartnerRefusal::Taken(slug.clone())));
                }
                Err(error) => return Err(error.into()),
            }
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

    /// Changes what a partner sets itself, as a merge patch says (RFC 7396). Whether anything
    /// was different before.
    ///
    /// # Errors
    /// [`PartnerRefusal`].
    pub async fn set_partner(
        &self,
        slug: &Slug,
        patch: &Value,
    ) -> Result<bool, Failure<PartnerRefusal>> {
        loop {
            let stored = self.stored_partner(slug).await?;
            let own = stored.partner.settings.clone();
            let own = own.ok_or(Failure::Refused(PartnerRefusal::Newer(slug.clone())))?;
            let changed = own.patched(patch);
            let changed = changed.map_err(|invalid| Failure::Refused(invalid.into()))?;
            if changed == own {
                return Ok(false);
            }
            self.check(&changed)?;
            let now = self.clock.now();
            let names = patch.as_object().into_iter().flat_map(|patch| patch.keys());
            let names: Vec<_> = names.map(String::as_str).collect();
            let event = self.event(Action::PartnerSet).partner(slug);
            let batch = Batch::new()
                .then_all(partners::set_settings(&stored, &changed, now))
                .then(feed::partners(now))
                .then(self.record(event.detail(names.join(" ")), now));
            match self.commit(batch).await {
                Ok(_) => return Ok(true),
                Err(error) if partners::origin_taken(&error) => {
                    self.refuse_origin(slug, &changed).await?;
                }
                // Somebody else has changed them: theirs stay, and this is put on top.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn check(&self, own: &OwnSettings) -> Result<(), Failure<PartnerRefusal>> {
        let checked = self.partners.check(own);
        checked.map_err(|invalid| Failure::Refused(invalid.into()))
    }

    /// Says which partner has one of the origins; none, if it has let go of it by now.
    async fn refuse_origin(
        &self,
        slug: &Slug,
        own: &OwnSettings,
    ) -> Result<(), Failure<PartnerRefusal>> {
        for url in own.public_urls.iter().flatten() {
            let owner = self.store.partner_of_origin(url.origin()).await?;
            if let Some(owner) = owner.filter(|owner| owner != slug) {
                return Err(Failure::Refused(PartnerRefusal::OriginTaken(owner)));
            }
        }
        Ok(())
    }

    async fn stored_partner(&self, slug: &Slug) -> Result<StoredPartner, Failure<PartnerRefusal>> {
        let stored = self.store.partner(slug).await?;
        stored.ok_or_else(|| Failure::Refused(PartnerRefusal::Unknown(slug.clone())))
    }
}

//! What a node knows of the partners.

use std::collections::HashMap;
use std::sync::Arc;

use countersign_domain::partner::{InvalidSettings, OwnSettings, PartnerSettings, Slug};
use countersign_domain::web::PublicUrl;
use countersign_store::{Store, StoreError};
use parking_lot::RwLock;

/// The partners and what holds for each. Kept in memory and loaded again when the feed tells
/// that they have changed. Clones share it.
#[derive(Clone)]
pub struct Partners {
    defaults: PartnerSettings,
    known: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    settings: HashMap<Slug, Arc<PartnerSettings>>,
    /// The hosted pages, by the authority of their origin: an origin is of one partner.
    sites: HashMap<Box<str>, Vec<Arc<Site>>>,
}

/// Where hosted pages are, and whose.
#[derive(Clone, Debug)]
pub struct Site {
    /// Whose users sign in there.
    pub partner: Slug,
    /// What holds for that partner.
    pub settings: Arc<PartnerSettings>,
    /// Below which URL the pages are.
    pub public: PublicUrl,
}

impl Known {
    fn insert(&mut self, slug: Slug, settings: Arc<PartnerSettings>) {
        for public in &settings.public_urls {
            let site = Site {
                partner: slug.clone(),
                settings: settings.clone(),
                public: public.clone(),
            };
            let there = self.sites.entry(public.authority().into()).or_default();
            there.push(Arc::new(site));
        }
        self.settings.insert(slug, settings);
    }
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
        let mut known = Known::default();
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
        let mut known = self.known.write();
        if !known.settings.contains_key(slug) {
            known.insert(slug.clone(), settings.clone());
        }
        Ok(settings)
    }

    /// The defaults with a partner's own settings, but for what is out of its range by now: it
    /// gives way, and the others hold. `None` where the defaults themselves are out of range.
    pub(crate) fn resolve(
        &self,
        slug: &Slug,
        mut own: OwnSettings,
    ) -> Option<Arc<PartnerSettings>> {
        // An origin is of one partner: what is there for all is the default partner's.
        if *slug != Slug::default_partner() {
            own.public_urls.get_or_insert_default();
        }
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
        self.known.read().settings.get(slug).cloned()
    }

    /// The hosted pages that a request is for, by the authority that it names (`market.example`,
    /// `localhost:8080`) and its path, and what of the path is below them.
    pub(crate) fn site<'a>(&self, authority: &str, path: &'a str) -> Option<(Arc<Site>, &'a str)> {
        self.at(authority, |there| {
            let below = there
                .iter()
                .filter_map(|site| Some((site, site.public.below(path)?)));
            // Of two prefixes that fit, one is longer and meant.
            let (site, page) = below.min_by_key(|(_, page)| page.len())?;
            Some((site.clone(), page))
        })
    }

    /// The hosted pages of an origin, by its authority: the first of them that was registered.
    pub(crate) fn site_at(&self, authority: &str) -> Option<Arc<Site>> {
        self.at(authority, |there| there.first().cloned())
    }

    /// What `find` finds among the hosted pages of an authority, as a request spells it.
    fn at<T>(&self, authority: &str, find: impl FnOnce(&[Arc<Site>]) -> Option<T>) -> Option<T> {
        let authority = authority.to_ascii_lowercase();
        let usual = [":443", ":80"]
            .iter()
            .find_map(|port| authority.strip_suffix(port));
        let known = self.known.read();
        let there = known.sites.get(&*authority);
        find(there.or_else(|| known.sites.get(usual?))?)
    }
}

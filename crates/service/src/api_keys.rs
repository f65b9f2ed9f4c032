//! What a node knows of the API keys, and who is let in with one.

use std::collections::HashMap;
use std::sync::Arc;

use countersign_domain::api_key::{ApiKey, KeyRefusal, Scope};
use countersign_domain::id::ApiKeyId;
use countersign_domain::partner::Slug;
use countersign_domain::token::ApiKeyText;
use countersign_store::{Store, StoreError};
use parking_lot::RwLock;

use crate::last_seen::LastSeen;
use crate::{Failure, REVOCATION_BOUND, Service};

/// The API keys that were not revoked, kept in memory and loaded again when the feed tells
/// that they have changed.
#[derive(Default)]
pub(crate) struct ApiKeys {
    known: RwLock<HashMap<ApiKeyId, Arc<ApiKey>>>,
    pub(crate) used: LastSeen<ApiKeyId>,
}

impl ApiKeys {
    /// Loads the keys again.
    pub(crate) async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        let keys = store.api_keys().await?.into_iter();
        let known = keys.map(|key| (key.id, Arc::new(key))).collect();
        *self.known.write() = known;
        Ok(())
    }

    fn get(&self, id: ApiKeyId) -> Option<Arc<ApiKey>> {
        self.known.read().get(&id).cloned()
    }
}

/// A partner's backend, let in with an API key.
#[derive(Clone, Debug)]
pub(crate) struct Backend {
    /// The key.
    pub(crate) key: Arc<ApiKey>,
    /// Whose key it is.
    pub(crate) partner: Slug,
}

impl Service {
    /// The API key with this text, if it may do what `scope` allows; without one, what any
    /// key may.
    ///
    /// Without a database read. A key that is not known is asked for all the same, so that one
    /// works the moment it is made; so is every key while this node has not heard from the
    /// database for longer than the bound.
    ///
    /// # Errors
    /// [`KeyRefusal`]; [`Failure::Store`] where it cannot be known.
    pub async fn api_key(
        &self,
        text: &ApiKeyText,
        scope: Option<Scope>,
    ) -> Result<Arc<ApiKey>, Failure<KeyRefusal>> {
        let known_at = self.inner.live.known_at();
        let known = self.inner.api_keys.get(text.id());
        let age = self.inner.clock.uptime().saturating_sub(known_at);
        let key = match known {
            Some(key) if age <= REVOCATION_BOUND => key,
            _ => {
                let stored = self.inner.store.api_key(text.id()).await?;
                Arc::new(stored.ok_or(Failure::Refused(KeyRefusal::Unknown))?)
            }
        };
        let now = self.now();
        key.admit(&text.hash(), scope, now)
            .map_err(Failure::Refused)?;
        self.inner.api_keys.used.note(key.id, now);
        Ok(key)
    }

    /// The backend of the partner whose API key has this text.
    ///
    /// # Errors
    /// As [`Service::api_key`]; the operator's keys have none of these scopes.
    pub(crate) async fn backend(
        &self,
        text: &ApiKeyText,
        scope: Scope,
    ) -> Result<Backend, Failure<KeyRefusal>> {
        let key = self.api_key(text, Some(scope)).await?;
        let partner = key.grant.partner().cloned();
        let partner = partner.ok_or(Failure::Refused(KeyRefusal::ScopeMissing(scope)))?;
        Ok(Backend { key, partner })
    }

    /// An API key as it shows itself: with when it was last used, were it just now.
    ///
    /// # Errors
    /// As [`Service::api_key`].
    pub async fn show_api_key(&self, text: &ApiKeyText) -> Result<ApiKey, Failure<KeyRefusal>> {
        let key = self.api_key(text, None).await?;
        let mut shown = ApiKey::clone(&key);
        shown.last_used_at = self.inner.api_keys.used.of(key.id).or(shown.last_used_at);
        Ok(shown)
    }
}

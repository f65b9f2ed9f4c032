//! What a node knows of the API keys, and who is let in with one.

use std::collections::HashMap;
use std::sync::Arc;

use countersign_domain::api_key::{ApiKey, KeyRefusal, Scope};
use countersign_domain::audit::{Action, Actor, Event, Reason};
use countersign_domain::id::ApiKeyId;
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::token::ApiKeyText;
use countersign_domain::{Caller, Timestamp};
use countersign_store::{Store, StoreError};
use parking_lot::RwLock;

use crate::last_seen::LastSeen;
use crate::{Failure, REVOCATION_BOUND, Service};

/// The API keys that live, kept in memory and loaded again when the feed tells
/// that they have changed.
#[derive(Default)]
pub(crate) struct ApiKeys {
    known: RwLock<HashMap<ApiKeyId, Arc<ApiKey>>>,
    pub(crate) used: LastSeen<ApiKeyId>,
}

impl ApiKeys {
    /// Loads the keys again.
    pub(crate) async fn reload(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let keys = store.api_keys(now).await?.into_iter();
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
    /// What holds for that partner.
    pub(crate) settings: Arc<PartnerSettings>,
}

/// What an API key is presented for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyUse {
    action: Action,
    scope: Option<Scope>,
}

impl KeyUse {
    /// For this action, which needs this scope; with none, any key may.
    pub(crate) fn new(action: Action, scope: Option<Scope>) -> Self {
        Self { action, scope }
    }
}

impl Service {
    /// The API key with this text, if it may do what is asked.
    ///
    /// Without a database read. A key that is not known is asked for all the same, so that one
    /// works the moment it is made; so is every key while this node has not heard from the
    /// database for longer than the bound.
    ///
    /// # Errors
    /// [`KeyRefusal`]; [`Failure::Store`] where it cannot be known.
    pub(crate) async fn api_key(
        &self,
        caller: &Caller,
        text: &ApiKeyText,
        ask: KeyUse,
    ) -> Result<Arc<ApiKey>, Failure<KeyRefusal>> {
        let known_at = self.inner.live.known_at();
        let known = self.inner.api_keys.get(text.id());
        let age = self.inner.clock.uptime().saturating_sub(known_at);
        let key = match known {
            Some(key) if age <= REVOCATION_BOUND => Some(key),
            _ => self.inner.store.api_key(text.id()).await?.map(Arc::new),
        };
        let now = self.now();
        let admitted = match &key {
            Some(key) => key.admit(&text.hash(), ask.scope, now),
            None => Err(KeyRefusal::Unknown),
        };
        match (key, admitted) {
            (Some(key), Ok(())) => {
                self.inner.api_keys.used.note(key.id, now);
                Ok(key)
            }
            (key, refused) => {
                let refusal = refused.err().unwrap_or(KeyRefusal::Unknown);
                self.refuse_key(caller, ask.action, key.as_deref(), refusal);
                Err(Failure::Refused(refusal))
            }
        }
    }

    /// Writes that a key was refused; one whose text is not ours is nobody's, and counted.
    fn refuse_key(
        &self,
        caller: &Caller,
        action: Action,
        key: Option<&ApiKey>,
        refusal: KeyRefusal,
    ) {
        let reason = match refusal {
            KeyRefusal::Unknown => Reason::UnknownKey,
            KeyRefusal::Revoked => Reason::KeyRevoked,
            KeyRefusal::Expired => Reason::KeyExpired,
            KeyRefusal::ScopeMissing(_) => Reason::ScopeMissing,
        };
        match key {
            Some(key) if refusal != KeyRefusal::Unknown => {
                self.record_key_refusal(caller, action, key, reason);
            }
            _ => self.count(action, reason),
        }
    }

    /// Writes that a request with this API key, if it has one, was refused since it looks like
    /// a browser's. Asks nobody: what anybody's page can send must cost no read.
    pub fn refuse_browser(&self, caller: &Caller, action: Action, text: Option<&ApiKeyText>) {
        let known = text.and_then(|text| {
            let key = self.inner.api_keys.get(text.id())?;
            key.hash.matches(&text.hash()).then_some(key)
        });
        match known {
            Some(key) => self.record_key_refusal(caller, action, &key, Reason::Browser),
            None => self.count(action, Reason::Browser),
        }
    }

    fn record_key_refusal(&self, caller: &Caller, action: Action, key: &ApiKey, reason: Reason) {
        let event = Event::refused(action, reason, Actor::ApiKey(key.id));
        let event = match key.grant.partner() {
            Some(partner) => event.partner(partner),
            None => event,
        };
        self.record_later(caller, event);
    }

    /// The backend of the partner whose API key has this text.
    ///
    /// # Errors
    /// As [`Service::api_key`]; the operator's keys have none of these scopes.
    pub(crate) async fn backend(
        &self,
        caller: &Caller,
        text: &ApiKeyText,
        action: Action,
        scope: Scope,
    ) -> Result<Backend, Failure<KeyRefusal>> {
        let key = self.api_key(caller, text, KeyUse::new(action, Some(scope)));
        let key = key.await?;
        let partner = key.grant.partner().cloned();
        let partner = partner.ok_or(Failure::Refused(KeyRefusal::ScopeMissing(scope)))?;
        let known_at = self.inner.live.known_at();
        let known = self.inner.partners.settings(&partner);
        let age = self.inner.clock.uptime().saturating_sub(known_at);
        let settings = match known {
            Some(settings) if age <= REVOCATION_BOUND => settings,
            _ => {
                let store = &self.inner.store;
                self.inner.partners.ask(&partner, store).await?
            }
        };
        Ok(Backend {
            key,
            partner,
            settings,
        })
    }

    /// An API key as it shows itself: with when it was last used before.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub async fn show_api_key(
        &self,
        caller: &Caller,
        text: &ApiKeyText,
    ) -> Result<ApiKey, Failure<KeyRefusal>> {
        // Before this use, which says nothing.
        let noted = self.inner.api_keys.used.of(text.id());
        let ask = KeyUse::new(Action::ShowKey, None);
        let key = self.api_key(caller, text, ask).await?;
        let mut shown = ApiKey::clone(&key);
        shown.last_used_at = noted.or(shown.last_used_at);
        Ok(shown)
    }
}

impl Backend {
    /// Something that was refused to it.
    pub(crate) fn refused(&self, action: Action, reason: Reason) -> Event {
        Event::refused(action, reason, Actor::ApiKey(self.key.id)).partner(&self.partner)
    }

    /// Something that it did.
    pub(crate) fn done(&self, action: Action) -> Event {
        Event::done(action, Actor::ApiKey(self.key.id)).partner(&self.partner)
    }
}

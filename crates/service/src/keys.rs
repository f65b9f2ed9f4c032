//! The sealing keys as a node knows them, and how they change.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::audit::{Action, Actor, Event};
use countersign_domain::key::{
    Keyring, MasterKey, NoCurrentKey, SealingKeyId, SealingKeyStatus, UnwrapError, WrappedKey,
};
use countersign_domain::{Caller, Clock, Entropy};
use countersign_store::{Batch, Store, StoreError, feed, sealing_keys};
use parking_lot::RwLock;
use tokio::sync::Mutex;

use crate::audit::Ledger;

/// How long a key is published before anyone seals with it: well over what any node takes to
/// learn of it.
const PUBLISHED_FOR: Duration = Duration::from_secs(5);
/// Tokens under a key that this node does not know make it look again this often at most.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Why a service does not start. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys are of another master key.
    #[error("{0}; give the master key with which this database was first used")]
    MasterKey(#[from] UnwrapError),
    /// The keys are not as this version writes them.
    #[error("{0}; restore the table sealing_keys from a backup")]
    Keys(#[from] NoCurrentKey),
}

/// Why the keys were not rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// They cannot be read.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Somebody else rotated them at the same time.
    #[error("the keys were rotated by somebody else just now; nothing was changed")]
    Raced,
}

/// The sealing keys of this node.
pub(crate) struct Keys {
    master: MasterKey,
    ring: RwLock<Arc<Keyring>>,
    /// The uptime when tokens under unknown keys last made it look again.
    looked_at: Mutex<Option<Duration>>,
    /// Held while they are loaded again.
    reloading: Mutex<()>,
}

impl Keys {
    /// Loads the keys; makes the first two if there are none.
    pub(crate) async fn start(
        store: &Store,
        master: MasterKey,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Self, StartError> {
        if store.sealing_keys().await?.is_empty() {
            let now = clock.now();
            let keys = [SealingKeyStatus::Current, SealingKeyStatus::Next]
                .map(|status| sealing_keys::insert(&master.generate(status, now, entropy)));
            match store.commit(Batch::new().then_all(keys)).await {
                // Another node has made them at the same time.
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let ring = load(store, &master).await?;
        Ok(Self {
            master,
            ring: RwLock::new(Arc::new(ring)),
            looked_at: Mutex::default(),
            reloading: Mutex::default(),
        })
    }

    /// The keys as they are known now.
    pub(crate) fn ring(&self) -> Arc<Keyring> {
        Arc::clone(&self.ring.read())
    }

    /// Loads the keys again.
    pub(crate) async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        // One after the other: what is read later is written later.
        let _reloading = self.reloading.lock().await;
        match load(store, &self.master).await {
            Ok(ring) => *self.ring.write() = Arc::new(ring),
            Err(StartError::Store(error)) => return Err(error),
            // What this node knows goes on working; that others write keys it cannot open is
            // for the operator to mend.
            Err(error) => tracing::error!(%error, "the sealing keys cannot be loaded again"),
        }
        Ok(())
    }

    /// The keys with this one among them; `None` if it is no key of ours.
    ///
    /// A key is published for longer than the bound before anyone uses it, so a node that
    /// knows of all changes (`fresh`) knows every key in use, and one look a second is only
    /// for good measure: tokens under keys that somebody made up cost no more. A node that
    /// knows less says so, rather than refuse what is good.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it cannot be known.
    pub(crate) async fn with(
        &self,
        id: SealingKeyId,
        store: &Store,
        uptime: Duration,
        fresh: bool,
    ) -> Result<Option<Arc<Keyring>>, StoreError> {
        let having = |ring: Arc<Keyring>| ring.get(id).is_some().then_some(ring);
        if let Some(ring) = having(self.ring()) {
            return Ok(Some(ring));
        }
        let mut looked_at = self.looked_at.lock().await;
        // Somebody may have looked while this one waited.
        if let Some(ring) = having(self.ring()) {
            return Ok(Some(ring));
        }
        if looked_at.is_some_and(|at| uptime < at + LOOK_AGAIN_AFTER) {
            let cause = || "the sealing keys were looked at just now".to_owned();
            let unknown = || StoreError::Unavailable { cause: cause() };
            return if fresh { Ok(None) } else { Err(unknown()) };
        }
        self.reload(store).await?;
        *looked_at = Some(uptime);
        Ok(having(self.ring()))
    }
}

/// Checks that the database's keys open under this master key. What is written to the audit
/// under another would pass for forged.
///
/// # Errors
/// [`StartError`].
pub async fn check_master_key(store: &Store, master: &MasterKey) -> Result<(), StartError> {
    for wrapped in store.sealing_keys().await? {
        master.unwrap(&wrapped)?;
    }
    Ok(())
}

/// The same; and makes the first two keys if there are none, so that from now on it is this
/// master key.
///
/// # Errors
/// [`StartError`].
pub async fn settle_master_key(
    store: &Store,
    master: MasterKey,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<(), StartError> {
    Keys::start(store, master, clock, entropy).await.map(drop)
}

async fn load(store: &Store, master: &MasterKey) -> Result<Keyring, StartError> {
    let mut keys = Vec::new();
    for wrapped in store.sealing_keys().await? {
        keys.push((wrapped.status, master.unwrap(&wrapped)?));
    }
    Ok(Keyring::new(keys)?)
}

/// Rotates the sealing keys: the next becomes current, the current retires and opens what it
/// sealed until the last of that is dead, and a new next one is published. Every node knows
/// the new current key already, so no verify fails. Returns the id of the key that seals now.
///
/// Where the next key was published just now, or by a clock that is ahead of ours, this waits
/// until every node must have seen it: some seconds.
///
/// # Errors
/// [`RotateError`].
pub async fn rotate(
    store: &Store,
    master: &MasterKey,
    (ledger, caller): (&Ledger, &Caller),
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<SealingKeyId, RotateError> {
    load(store, master).await?;
    let keys = store.sealing_keys().await.map_err(StartError::from)?;
    let in_status = |status| keys.iter().find(|key: &&WrappedKey| key.status == status);
    let (Some(current), Some(next)) = (
        in_status(SealingKeyStatus::Current),
        in_status(SealingKeyStatus::Next),
    ) else {
        return Err(StartError::from(NoCurrentKey).into());
    };
    if clock.now().since(next.since) < PUBLISHED_FOR {
        tokio::time::sleep(PUBLISHED_FOR).await;
    }
    let now = clock.now();
    let new = master.generate(SealingKeyStatus::Next, now, entropy);
    let event = Event::done(Action::SealingKeysRotated, Actor::Operator);
    let event = event.detail(format!("{} seals", next.id));
    let batch = Batch::new()
        .then(sealing_keys::retire(current.id, now))
        .then(sealing_keys::promote(next.id, next.since, now))
        .then(sealing_keys::insert(&new))
        .then(feed::sealing_keys(now))
        .then(ledger.entry(caller, event, now));
    match store.commit(batch).await {
        Ok(_) => Ok(next.id),
        Err(StoreError::Conflict { .. }) => Err(RotateError::Raced),
        Err(error) => Err(StartError::from(error).into()),
    }
}

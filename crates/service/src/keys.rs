//! The sealing keys as a node knows them, and how they change.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::key::{
    KeyId, KeyStatus, Keyring, MasterKey, NoCurrentKey, UnwrapError, WrappedKey,
};
use countersign_domain::{Clock, Entropy, Timestamp};
use countersign_store::{Batch, Store, StoreError, feed, sealing_keys};
use parking_lot::{Mutex, RwLock};

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
    #[error("{0}; give the master key with which this database was first served")]
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
    /// The next key is too young for every node to know it.
    #[error("the next key was published just now; try again in {} s", .0.as_secs() + 1)]
    TooSoon(Duration),
    /// Somebody else rotated them at the same time.
    #[error("the keys were rotated by somebody else just now; nothing was changed")]
    Raced,
}

/// The sealing keys of this node.
pub(crate) struct Keys {
    master: MasterKey,
    ring: RwLock<Arc<Keyring>>,
    /// The uptime when tokens under unknown keys last made it look again.
    looked_at: Mutex<Duration>,
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
            let keys = [KeyStatus::Current, KeyStatus::Next]
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
            looked_at: Mutex::new(clock.uptime()),
        })
    }

    /// The keys as they are known now.
    pub(crate) fn ring(&self) -> Arc<Keyring> {
        Arc::clone(&self.ring.read())
    }

    /// Loads the keys again.
    pub(crate) async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        match load(store, &self.master).await {
            Ok(ring) => *self.ring.write() = Arc::new(ring),
            Err(StartError::Store(error)) => return Err(error),
            // What this node knows goes on working; that others write keys it cannot open is
            // for the operator to mend.
            Err(error) => tracing::error!(%error, "the sealing keys cannot be loaded again"),
        }
        Ok(())
    }

    /// The keys with this one among them, if it exists. A token under a key nobody has seen
    /// costs at most one look a second.
    pub(crate) async fn look_again(
        &self,
        id: KeyId,
        store: &Store,
        uptime: Duration,
    ) -> Result<Option<Arc<Keyring>>, StoreError> {
        {
            let mut looked_at = self.looked_at.lock();
            if uptime < *looked_at + LOOK_AGAIN_AFTER {
                return Ok(None);
            }
            *looked_at = uptime;
        }
        self.reload(store).await?;
        let ring = self.ring();
        Ok(ring.get(id).is_some().then_some(ring))
    }
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
/// # Errors
/// [`RotateError::TooSoon`] says how long to wait.
pub async fn rotate(
    store: &Store,
    master: &MasterKey,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<KeyId, RotateError> {
    load(store, master).await?;
    let keys = store.sealing_keys().await.map_err(StartError::from)?;
    let in_status = |status| keys.iter().find(|key: &&WrappedKey| key.status == status);
    let (Some(current), Some(next)) = (in_status(KeyStatus::Current), in_status(KeyStatus::Next))
    else {
        return Err(StartError::from(NoCurrentKey).into());
    };
    let now = clock.now();
    let ready_at = next.since.plus(PUBLISHED_FOR);
    if now < ready_at {
        return Err(RotateError::TooSoon(ready_at.since(now)));
    }
    let new = master.generate(KeyStatus::Next, now, entropy);
    let batch = Batch::new()
        .then(sealing_keys::retire(current.id, now))
        .then(sealing_keys::promote(next.id, published_by(now), now))
        .then(sealing_keys::insert(&new))
        .then(feed::keys(now));
    match store.commit(batch).await {
        Ok(_) => Ok(next.id),
        Err(StoreError::Conflict { .. }) => Err(RotateError::Raced),
        Err(error) => Err(StartError::from(error).into()),
    }
}

fn published_by(now: Timestamp) -> Timestamp {
    now.minus(PUBLISHED_FOR)
}

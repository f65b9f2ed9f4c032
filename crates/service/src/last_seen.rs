//! When devices were last seen and API keys last used: noted in memory, written together now
//! and then.

use std::collections::HashMap;
use std::hash::Hash;

use countersign_domain::Timestamp;
use countersign_store::{Batch, Step, StoreError, api_keys, devices};
use parking_lot::Mutex;

use crate::Service;

/// Ids that are noted at most between two writings; further ones go unnoted.
const MOST: usize = 100_000;
/// Rows that are written in one unit of work.
const GROUP: usize = 200;

/// When each was last seen, as far as it is not written yet. A crash loses it, which harms
/// nobody.
pub(crate) struct LastSeen<I>(Mutex<HashMap<I, Timestamp>>);

impl<I> Default for LastSeen<I> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<I: Copy + Eq + Hash> LastSeen<I> {
    /// Notes that this one was seen.
    pub(crate) fn note(&self, id: I, at: Timestamp) {
        let mut seen = self.0.lock();
        if seen.len() < MOST || seen.contains_key(&id) {
            seen.insert(id, at);
        }
    }

    /// When this one was seen, if that is not written yet.
    pub(crate) fn of(&self, id: I) -> Option<Timestamp> {
        self.0.lock().get(&id).copied()
    }

    /// All that is not written yet, from now on no more.
    fn take(&self) -> Vec<(I, Timestamp)> {
        std::mem::take(&mut *self.0.lock()).into_iter().collect()
    }
}

impl Service {
    /// Writes when devices were last seen and API keys last used.
    ///
    /// # Errors
    /// [`StoreError`]; what could not be written is lost.
    pub async fn write_last_seen(&self) -> Result<(), StoreError> {
        self.write_seen(&self.inner.last_seen, devices::seen)
            .await?;
        self.write_seen(&self.inner.api_keys.used, api_keys::used)
            .await
    }

    async fn write_seen<I: Copy + Eq + Hash>(
        &self,
        seen: &LastSeen<I>,
        step: fn(I, Timestamp) -> Step,
    ) -> Result<(), StoreError> {
        for group in seen.take().chunks(GROUP) {
            let batch: Batch = group.iter().map(|(id, at)| step(*id, *at)).collect();
            self.commit(batch).await?;
        }
        Ok(())
    }
}

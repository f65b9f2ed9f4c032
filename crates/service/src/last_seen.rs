//! When devices were last seen: noted in memory, written together now and then.

use std::collections::HashMap;

use countersign_domain::Timestamp;
use countersign_domain::id::DeviceId;
use countersign_store::{Batch, StoreError, devices};
use parking_lot::Mutex;

use crate::Service;

/// Devices that are noted at most between two writings; further ones go unnoted.
const MOST: usize = 100_000;
/// Devices that are written in one unit of work.
const GROUP: usize = 200;

/// When devices were last seen, as far as it is not written yet. A crash loses it, which
/// harms nobody.
#[derive(Default)]
pub(crate) struct LastSeen(Mutex<HashMap<DeviceId, Timestamp>>);

impl LastSeen {
    /// Notes that a device was seen.
    pub(crate) fn note(&self, device: DeviceId, at: Timestamp) {
        let mut seen = self.0.lock();
        if seen.len() < MOST || seen.contains_key(&device) {
            seen.insert(device, at);
        }
    }

    /// When a device was seen, if that is not written yet.
    pub(crate) fn of(&self, device: DeviceId) -> Option<Timestamp> {
        self.0.lock().get(&device).copied()
    }
}

impl Service {
    /// Writes when devices were last seen.
    ///
    /// # Errors
    /// [`StoreError`]; what could not be written is lost.
    pub async fn write_last_seen(&self) -> Result<(), StoreError> {
        let seen: Vec<_> = std::mem::take(&mut *self.inner.last_seen.0.lock())
            .into_iter()
            .collect();
        for group in seen.chunks(GROUP) {
            let batch: Batch = group
                .iter()
                .map(|(id, at)| devices::seen(*id, *at))
                .collect();
            self.commit(batch).await?;
        }
        Ok(())
    }
}

//! Sealing entries, and deleting seals whose time is over.

use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::audit::{Mac, Seal};
use countersign_store::{Batch, Store, StoreError, audit};

use crate::Service;

/// Entries that a sealer claims for one seal: so few that nobody waits for it, nor for their
/// deletion.
const CLAIMED: i64 = 200;
/// Times that a sealer begins anew because another was faster.
const TRIES: usize = 8;
/// Entries that are read at once.
const PAGE: i64 = 1000;
/// Seals that are deleted in one unit of work, and units of work in one sweep.
const SEALS: i64 = 100;
const SWEPT: usize = 50;

impl Service {
    /// Seals the entries that no seal holds yet.
    ///
    /// Any number of nodes may do this at once, and none waits for who writes entries: first
    /// entries are claimed for the next number, then what is claimed is read, and the seal
    /// over it is added if nothing else was claimed in between. Who is killed half-way leaves
    /// claimed entries, which the next sealer takes up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn seal_audit(&self) -> Result<(), StoreError> {
        let mut lost = 0;
        while lost < TRIES {
            let last = last_seal(&self.inner.store).await?;
            let number = last.map_or(0, |last| last.number) + 1;
            let (unsealed, claimed) = (
                self.inner.store.audit_unsealed(&[], 1).await?,
                self.inner.store.audit_of_seal(number, &[], 1).await?,
            );
            if unsealed.is_empty() && claimed.is_empty() {
                return Ok(());
            }
            let claim = Batch::new().then(audit::claim(number, CLAIMED));
            let claimed = self.commit(claim).await?.count();
            let codes = self.codes_of(number).await?;
            if codes.is_empty() {
                return Ok(());
            }
            let seal = Seal::after(last.as_ref(), &codes, self.now());
            let code = self.inner.ledger.key.of_seal(&seal);
            match self
                .commit(Batch::new().then(audit::insert_seal(&seal, &code)))
                .await
            {
                Ok(_) if (claimed as u64) < CLAIMED.unsigned_abs() => return Ok(()),
                Ok(_) => {}
                Err(StoreError::Conflict { .. }) => lost += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The codes of the entries claimed for a seal, in the order of their ids.
    async fn codes_of(&self, number: i64) -> Result<Vec<Mac>, StoreError> {
        let mut codes = Vec::new();
        let mut after = Vec::new();
        loop {
            let page = self.inner.store.audit_of_seal(number, &after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(codes);
            };
            after.clone_from(&last.id);
            codes.extend(page.iter().map(|kept| kept.mac.unwrap_or(super::NO_CODE)));
        }
    }

    /// Deletes seals made more than the retention ago, with their entries, from the front.
    pub(crate) async fn sweep_audit(&self, now: Timestamp) -> Result<(), StoreError> {
        let before = now.minus(self.inner.retention);
        for _ in 0..SWEPT {
            let Some(last) = last_seal(&self.inner.store).await? else {
                return Ok(());
            };
            let seals = self.inner.store.audit_seals_after(0, SEALS).await?;
            let old = seals
                .iter()
                .map_while(|kept| kept.seal)
                // The next seal holds on to the last one.
                .take_while(|seal| seal.at < before && seal.number < last.number);
            let mut batch = Batch::new();
            let mut entries = 0;
            for seal in old.take_while(|seal| {
                let fits = entries == 0 || entries + seal.entries <= CLAIMED;
                entries += seal.entries;
                fits
            }) {
                batch = batch.then_all(audit::delete_seal(seal.number, before));
            }
            if entries == 0 {
                return Ok(());
            }
            match self.commit(batch).await {
                Ok(_) => {}
                // Another node is at it.
                Err(StoreError::Conflict { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Says in the log where the audit stands. Where logs are kept elsewhere, this holds even
    /// against who has the keys.
    pub(crate) async fn say_audit_head(&self) -> Result<(), StoreError> {
        if let Some(last) = last_seal(&self.inner.store).await? {
            tracing::info!(head = %last.head(), "the audit is sealed up to here");
        }
        Ok(())
    }
}

/// The last seal.
async fn last_seal(store: &Store) -> Result<Option<Seal>, StoreError> {
    let Some(kept) = store.last_audit_seal().await? else {
        return Ok(None);
    };
    // What cannot be read was changed; `audit verify` says so.
    let changed = StoreError::Corrupt {
        statement: "audit_seals",
        column: 0,
    };
    kept.seal.map(Some).ok_or(changed)
}

/// How often entries are sealed.
pub(crate) const SEAL: Duration = Duration::from_secs(5);
/// How often refusals that wait are written.
pub(crate) const WRITE: Duration = Duration::from_secs(1);
/// How often refusals that were counted are written.
pub(crate) const COUNT: Duration = Duration::from_secs(60 * 60);

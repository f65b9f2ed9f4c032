//! Reading the audit.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::Clock;
use countersign_domain::audit::Entry;
use countersign_domain::id::RequestId;
use countersign_store::audit::{Filter, Kept};
use countersign_store::{Store, StoreError};

use super::Ledger;

/// Entries that are read at once.
const PAGE: i64 = 1000;
/// Entries of one request that are shown.
const OF_REQUEST: i64 = 1000;

/// The audit, for an operator. Works beside a running server.
#[derive(Clone)]
pub struct Auditor {
    /// Where it is kept.
    pub store: Store,
    /// Under which key.
    pub ledger: Ledger,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long it is kept.
    pub retention: Duration,
}

/// An entry as it was found.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The entry; `None` where what is there cannot be read, so that it was changed.
    pub entry: Option<Entry>,
    /// Whether it is as it was written, by somebody with the master key.
    pub genuine: bool,
    /// The number of the seal that holds it.
    pub seal: Option<i64>,
}

impl Auditor {
    /// What was decided in a request, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn show(&self, request: RequestId) -> Result<Vec<Shown>, StoreError> {
        let kept = self.store.audit_of_request(request, OF_REQUEST).await?;
        Ok(kept.into_iter().map(|kept| self.judge(kept)).collect())
    }

    /// Hands the `most` newest entries that fit to `each`, the newest first, until it breaks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(
        &self,
        filter: &Filter,
        mut most: usize,
        mut each: impl FnMut(Shown) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut before: Option<Vec<u8>> = None;
        while most > 0 {
            let page = PAGE.min(i64::try_from(most).unwrap_or(PAGE));
            let before_this = before.as_deref();
            let page = self.store.audit_before(before_this, filter, page).await?;
            let Some(last) = page.last() else {
                break;
            };
            before = Some(last.id.clone());
            most -= page.len().min(most);
            let mut shown = page.into_iter().map(|kept| self.judge(kept));
            if shown.try_for_each(&mut each).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Hands every entry from `since` to `until` to `each`, the oldest first, until it breaks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export(
        &self,
        filter: &Filter,
        mut each: impl FnMut(Shown) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self
                .store
                .audit_after(after.as_deref(), filter, PAGE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            let mut shown = page.into_iter().map(|kept| self.judge(kept));
            if shown.try_for_each(&mut each).is_break() {
                return Ok(());
            }
        }
    }

    pub(super) fn judge(&self, kept: Kept) -> Shown {
        let code = kept
            .entry
            .as_ref()
            .map(|entry| self.ledger.key.of_entry(entry));
        Shown {
            genuine: code.is_some() && code == kept.mac,
            entry: kept.entry,
            seal: kept.seal,
        }
    }
}

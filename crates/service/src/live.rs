//! The live revocations, and how old this node's knowledge of them is.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::one_time::Mark;
use countersign_domain::revocation::{Known, LiveRevocations, Revocation, Step};
use countersign_domain::session::Session;
use countersign_store::{StoreError, feed};
use parking_lot::{RwLock, RwLockWriteGuard};
use tokio::sync::Mutex;

use crate::Service;

/// Rows of the feed that are read at once.
const PAGE: i64 = 1000;

/// The live revocations as this node knows them.
#[derive(Default)]
pub(crate) struct Live {
    set: RwLock<LiveRevocations>,
    /// The place in the feed up to which this node has read. Held while it reads on.
    place: Mutex<feed::Place>,
    /// The machine's uptime, in microseconds, when the last poll that succeeded was *sent*:
    /// all that was committed before then is known.
    known_at: AtomicU64,
    /// The furthest place in the feed that this node has heard of, from the feed or from what it
    /// committed itself.
    mark: AtomicI64,
    /// Held while keys, partners or API keys are loaded again.
    loading: Mutex<()>,
}

impl Live {
    /// Takes note of revocations, heard of at this uptime.
    pub(crate) fn apply(&self, revocations: &[(Revocation, Timestamp)], heard_at: Duration) {
        if revocations.is_empty() {
            return;
        }
        let mut set = self.set.write();
        for (revocation, made_at) in revocations {
            let made_at = *made_at;
            set.insert(*revocation, Known { made_at, heard_at });
        }
    }

    /// Whether one of them ends the session.
    pub(crate) fn ends(&self, session: &Session) -> bool {
        self.set.read().ends(session)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.set.read().len()
    }

    /// The uptime up to which all that was committed is known.
    pub(crate) fn known_at(&self) -> Duration {
        Duration::from_micros(self.known_at.load(Ordering::Acquire))
    }

    /// The furthest place in the feed that this node has heard of.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.mark.load(Ordering::Acquire))
    }

    /// Forgets what can meet no session any more. Between its steps, others have their turn:
    /// those who wait for the set, and what else this thread has to do.
    pub(crate) async fn forget(&self, now: Timestamp, uptime: Duration) {
        let mut step = Some(Step::FIRST);
        while let Some(next) = step {
            step = self.forget_some(next, now, uptime);
            tokio::task::yield_now().await;
        }
    }

    fn forget_some(&self, step: Step, now: Timestamp, uptime: Duration) -> Option<Step> {
        let mut set = self.set.write();
        let next = set.forget(step, now, uptime);
        RwLockWriteGuard::unlock_fair(set);
        next
    }
}

impl Service {
    /// Reads on in the feed: revocations, keys and partners, up to its end. Returns how far
    /// it has read.
    ///
    /// # Errors
    /// [`StoreError`]; what was read before it is known all the same.
    pub async fn poll_feed(&self) -> Result<feed::Place, StoreError> {
        let live = &self.inner.live;
        let mut place = live.place.lock().await;
        let asked_at = self.inner.clock.uptime();
        loop {
            let page = self.inner.store.feed_after(*place, PAGE).await?;
            // What was told is known before the place moves on: if that fails, it is read again.
            self.hear(&page, asked_at).await?;
            *place = page.last().map_or(*place, |last| last.place);
            if page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                break;
            }
        }
        let micros = u64::try_from(asked_at.as_micros()).unwrap_or(u64::MAX);
        live.known_at.store(micros, Ordering::Release);
        Ok(*place)
    }

    /// Takes in what the feed tells, or a batch has told it, heard of at this uptime.
    pub(crate) async fn hear(
        &self,
        told: &[feed::Entry],
        heard_at: Duration,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        let mut revocations = Vec::with_capacity(told.len());
        let (mut keys, mut partners, mut api_keys) = (false, false, false);
        for entry in told {
            match entry.news {
                feed::News::Revocation(revocation) => revocations.push((revocation, entry.at)),
                feed::News::SealingKeys => keys = true,
                feed::News::Partners => partners = true,
                feed::News::ApiKeys => api_keys = true,
                // A newer version wrote it, of something this one does not have.
                feed::News::Ended | feed::News::Unknown => {}
            }
        }
        inner.live.apply(&revocations, heard_at);
        if let Some(mark) = told.iter().map(|entry| entry.place.mark().0).max() {
            inner.live.mark.fetch_max(mark, Ordering::AcqRel);
        }
        if !(keys || partners || api_keys) {
            return Ok(());
        }
        // One after the other: what is read later is written later.
        let _loading = inner.live.loading.lock().await;
        if keys {
            inner.keys.reload(&inner.store).await?;
        }
        if partners {
            inner.partners.reload(&inner.store).await?;
        }
        if api_keys {
            inner.api_keys.reload(&inner.store, self.now()).await?;
        }
        Ok(())
    }

    /// How old this node's knowledge of revocations is.
    #[must_use]
    pub fn knowledge_age(&self) -> Duration {
        let uptime = self.inner.clock.uptime();
        uptime.saturating_sub(self.inner.live.known_at())
    }
}

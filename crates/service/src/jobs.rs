//! What a node does by itself: follow the feed, write what it noted, sweep what is dead.

use std::time::Duration;

use countersign_domain::revocation::LIVE_FOR;
use countersign_store::{Batch, Step, StoreError, authentications, challenges, feed, sealing_keys};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::Service;

/// How often the feed is polled. Four polls may fail before the bound is reached.
const POLL: Duration = Duration::from_millis(250);
const WRITE_LAST_SEEN: Duration = Duration::from_secs(60);
const SWEEP: Duration = Duration::from_secs(10);

/// Rows that are deleted in one unit of work: so few that nobody waits for it.
const SWEPT_AT_ONCE: i64 = 200;
/// Units of work in a row, so that a backlog shrinks faster than it grows.
const SWEEPS_IN_A_ROW: usize = 50;
/// A challenge sends codes for less than an hour, so after two it is long dead.
const CHALLENGES_KEPT: Duration = Duration::from_secs(2 * 60 * 60);
/// Whoever holds a dead authentication's token can see for a week that it was ended.
const AUTHENTICATIONS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Sessions and codes under a key are dead long before; PINs keep it longer.
const KEYS_KEPT: Duration = Duration::from_secs(3 * 60 * 60);

impl Service {
    /// Runs the jobs until `stop`.
    pub async fn run_jobs(&self, stop: CancellationToken) {
        tokio::join!(
            every(POLL, &stop, async || self.poll_feed().await),
            every(WRITE_LAST_SEEN, &stop, async || self
                .write_last_seen()
                .await),
            every(SWEEP, &stop, async || self.sweep().await),
        );
    }

    /// Deletes what is dead, a few rows at a time, and forgets what can meet no session.
    ///
    /// # Errors
    /// [`StoreError`]; the rest is swept the next time.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.now();
        self.inner.live.forget(now);
        let (challenges_before, ended_before) =
            (now.minus(CHALLENGES_KEPT), now.minus(AUTHENTICATIONS_KEPT));
        self.sweep_by(|most| challenges::sweep(challenges_before, most))
            .await?;
        self.sweep_by(|most| authentications::sweep(ended_before, most))
            .await?;
        self.sweep_by(|most| [feed::sweep(now.minus(LIVE_FOR), most)])
            .await?;
        self.sweep_by(|_| [sealing_keys::sweep(now.minus(KEYS_KEPT))])
            .await
    }

    async fn sweep_by<const N: usize>(
        &self,
        steps: impl Fn(i64) -> [Step; N],
    ) -> Result<(), StoreError> {
        for _ in 0..SWEEPS_IN_A_ROW {
            let batch = Batch::new().then_all(steps(SWEPT_AT_ONCE));
            if self.inner.store.commit(batch).await?.count() == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// Does `job` every `period` until `stop`. One that fails is done again the next time.
async fn every(
    period: Duration,
    stop: &CancellationToken,
    job: impl AsyncFn() -> Result<(), StoreError>,
) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let failed = job().await.err();
        // Said once, not four times a second.
        if let Some(error) = failed.as_ref().filter(|_| !failing) {
            tracing::error!(%error, "a job fails");
        }
        failing = failed.is_some();
    }
}

//! What a node does by itself: follow the feed, deliver messages, write what it noted, sweep
//! what is dead.

use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::authentication::Channel;
use countersign_domain::partner::LONGEST_ONE_TIME_TOKEN;
use countersign_domain::sms::{HISTORY, OVER_AFTER, WINDOW, day};
use countersign_store::{
    Batch, Step, StoreError, api_keys, authentications, challenges, feed, limits, messages,
    password_resets, redemptions, sealing_keys, sms,
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{Service, audit};

/// How often the feed is polled. Four polls may fail before the bound is reached.
const POLL: Duration = Duration::from_millis(250);
const WRITE_LAST_SEEN: Duration = Duration::from_secs(60);
const SWEEP: Duration = Duration::from_secs(10);

/// Rows that are deleted in one unit of work: so few that nobody waits for it.
const SWEPT_AT_ONCE: i64 = 200;
/// A challenge sends codes for less than an hour, so after two it is long dead.
pub(crate) const CHALLENGES_KEPT: Duration = Duration::from_secs(2 * 60 * 60);
/// Whoever delivers a message that is of no use any more says so in the audit. So much later
/// nobody delivers what is left: nothing is set up to.
const MESSAGES_KEPT: Duration = Duration::from_secs(10 * 60);
/// A reset code lives for fifteen minutes; who brings a used one later is still told apart in
/// the audit.
const PASSWORD_RESETS_KEPT: Duration = Duration::from_secs(2 * 60 * 60);
/// Whoever holds a dead authentication's token can see for a week that it was ended.
const AUTHENTICATIONS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Revocations meet no session after little more than an hour, nor does anything short-lived
/// outlast a key by more. A day on top, so that a clock set wrong for hours loses neither.
const FEED_KEPT: Duration = Duration::from_secs(25 * 60 * 60);
const KEYS_KEPT: Duration = FEED_KEPT;

/// How far the floor of redemptions stays behind: for so long a nonce gets the same sign-in
/// again, and needs the redemption for it.
const FLOOR_BEHIND: Duration = Duration::from_secs(60);
/// Redemptions that the floor passes at once: all there are. They go in groups.
const RAISED_AT_ONCE: i64 = i64::MAX;
/// Longer than any statement runs: what checked the floor before it was raised is done by
/// then.
const STATEMENT_TIME: Duration = Duration::from_secs(30);
/// One-time tokens live for ten minutes at most, so after some hours none is left of those
/// that ended, even where a clock was set wrong by hours. It holds addresses, so it is no more.
const ENDS_KEPT: Duration = Duration::from_secs(6 * 60 * 60);
/// Whoever asks why a key was refused can be told for so long after it died.
const API_KEYS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The breaker looks back so far while it is closed. A day on top, for a clock set wrong.
const SMS_CODES_KEPT: Duration = HISTORY
    .saturating_add(WINDOW)
    .saturating_add(OVER_AFTER)
    .saturating_add(Duration::from_secs(24 * 60 * 60));
/// What was spent on a day can be looked up for five weeks.
const SMS_SPEND_KEPT: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// The floor of redemptions as this node last saw it.
#[derive(Clone, Copy)]
pub(crate) struct Floor {
    at: Timestamp,
    /// This machine's uptime when it was known to be there.
    raised_at: Duration,
}

/// What a clock that is set wrong makes look dead must not be deleted for it: nothing is,
/// until the wall clock has kept step with the machine's for this long.
const STEADY_FOR: Duration = Duration::from_secs(60 * 60);
/// How far apart they may drift between two sweeps.
const IN_STEP: Duration = Duration::from_secs(60);

/// Whether the wall clock can be believed.
pub(crate) struct Steadiness {
    last: (Timestamp, Duration),
    since: Duration,
}

impl Steadiness {
    pub(crate) fn new(now: Timestamp, uptime: Duration) -> Self {
        Self {
            last: (now, uptime),
            since: uptime,
        }
    }

    /// Whether it has not been set for long enough.
    fn look(&mut self, now: Timestamp, uptime: Duration) -> bool {
        let expected = self.last.0.plus(uptime.saturating_sub(self.last.1));
        if now.since(expected) > IN_STEP || expected.since(now) > IN_STEP {
            tracing::warn!("the clock was set; nothing is swept for an hour");
            self.since = uptime;
        }
        self.last = (now, uptime);
        uptime.saturating_sub(self.since) >= STEADY_FOR
    }
}

impl Service {
    /// Runs the jobs until `stop`.
    pub async fn run_jobs(&self, stop: CancellationToken) {
        tokio::join!(
            every("follow the feed", POLL, &stop, async || self
                .poll_feed()
                .await),
            every(
                "write when devices were seen and API keys used",
                WRITE_LAST_SEEN,
                &stop,
                async || { self.write_last_seen().await }
            ),
            every("write refusals", audit::WRITE, &stop, async || self
                .write_audit()
                .await),
            every("seal the audit", audit::SEAL, &stop, async || self
                .seal_audit()
                .await),
            every(
                "write how much was refused",
                audit::COUNT,
                &stop,
                async || {
                    self.write_refusal_counts().await?;
                    self.say_audit_head().await
                }
            ),
            every("sweep", SWEEP, &stop, async || self.sweep().await),
            self.keep_delivering(Channel::Sms, &stop),
            self.keep_delivering(Channel::Email, &stop),
        );
    }

    /// Deletes what is dead, a few rows at a time, and forgets what can meet no session.
    /// Deletes nothing in the hour after the start, or after the clock was set.
    ///
    /// # Errors
    /// The first [`StoreError`] of a table; the others are swept all the same.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let (now, uptime) = (self.now(), self.inner.clock.uptime());
        self.inner.live.forget(now, uptime).await;
        if !self.inner.steadiness.lock().look(now, uptime) {
            return Ok(());
        }
        // What this node has not read yet must not go before it has.
        let place = self.poll_feed().await?;
        let challenges = self.sweep_by(|most| challenges::sweep(now.minus(CHALLENGES_KEPT), most));
        let challenges = challenges.await;
        let asked_before = now.minus(PASSWORD_RESETS_KEPT);
        let resets = self
            .sweep_by(|most| [password_resets::sweep(asked_before, most)])
            .await;
        let ended_before = now.minus(AUTHENTICATIONS_KEPT);
        let ended = self
            .sweep_by(|most| authentications::sweep(ended_before, most))
            .await;
        // Before the feed: a node that starts must not know less than what has ended says.
        let ended_tokens_before = now.minus(ENDS_KEPT);
        let ended_tokens = self
            .sweep_by(|most| [redemptions::sweep_ended(ended_tokens_before, most)])
            .await;
        let feed = self
            .sweep_by(|most| [feed::sweep(place, now.minus(FEED_KEPT), most)])
            .await;
        let keys = self
            .sweep_by(|_| [sealing_keys::sweep(now.minus(KEYS_KEPT))])
            .await;
        let dead_before = now.minus(API_KEYS_KEPT);
        let api_keys = self
            .sweep_by(|most| [api_keys::sweep(dead_before, most)])
            .await;
        let messages = self
            .sweep_by(|most| [messages::sweep(now.minus(MESSAGES_KEPT), most)])
            .await;
        let sms = self.sweep_sms(now).await;
        let counted = self.sweep_by(|most| limits::sweep(now, most)).await;
        let redemptions = self.sweep_redemptions(now, uptime).await;
        let audit = self.sweep_audit(now).await;
        let all = challenges.and(resets).and(ended).and(feed).and(keys);
        all.and(ended_tokens)
            .and(api_keys)
            .and(messages)
            .and(sms)
            .and(counted)
            .and(redemptions)
            .and(audit)
    }

    async fn sweep_sms(&self, now: Timestamp) -> Result<(), StoreError> {
        let spent_before = day(now.minus(SMS_SPEND_KEPT));
        let sent_before = now.minus(SMS_CODES_KEPT);
        let both = |most| {
            let spend = sms::sweep_spend(spent_before, most);
            [spend, sms::sweep_codes(sent_before, most)]
        };
        self.sweep_by(both).await
    }

    /// Deletes the redemptions below the floor that was raised a while ago, and raises it to
    /// what is long over.
    async fn sweep_redemptions(&self, now: Timestamp, uptime: Duration) -> Result<(), StoreError> {
        let raised = *self.inner.floor.lock();
        let settled = |floor: &Floor| uptime.saturating_sub(floor.raised_at) >= STATEMENT_TIME;
        if let Some(floor) = raised.filter(settled) {
            self.sweep_by(|most| [redemptions::sweep(floor.at, most)])
                .await?;
        }
        if raised.is_none_or(|floor| settled(&floor)) {
            let raise = redemptions::raise_floor(now.minus(FLOOR_BEHIND), RAISED_AT_ONCE);
            self.commit(Batch::new().then(raise)).await?;
            let at = self.inner.store.redemption_floor().await?;
            // Read when it was committed at the latest.
            let raised_at = self.inner.clock.uptime();
            *self.inner.floor.lock() = Some(Floor { at, raised_at });
            if at.since(now) > LONGEST_ONE_TIME_TOKEN {
                tracing::error!(
                    floor = %at,
                    "the clock was far ahead: no one-time token is redeemed until it is there again"
                );
            }
        }
        Ok(())
    }

    /// Sweeps until nothing is left to sweep: a backlog must not grow faster than it shrinks.
    async fn sweep_by<const N: usize>(
        &self,
        steps: impl Fn(i64) -> [Step; N],
    ) -> Result<(), StoreError> {
        loop {
            let batch = Batch::new().then_all(steps(SWEPT_AT_ONCE));
            if self.commit(batch).await?.count() == 0 {
                return Ok(());
            }
        }
    }
}

/// Does `job` every `period` until `stop`. One that fails is done again the next time.
async fn every<T>(
    name: &'static str,
    period: Duration,
    stop: &CancellationToken,
    job: impl AsyncFn() -> Result<T, StoreError>,
) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let Some(done) = stop.run_until_cancelled(job()).await else {
            break;
        };
        let failed = done.err();
        // Said once, not four times a second.
        if let Some(error) = failed.as_ref().filter(|_| !failing) {
            tracing::error!(job = name, %error, "a job fails");
        }
        failing = failed.is_some();
    }
}

//! Workers: they claim messages that are due and see each to its end.
//!
//! A message is sent at least once. Whoever sent it and dies before that is committed leaves it
//! to another, who sends it again under the same id.

use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::authentication::Channel;
use countersign_domain::message::{About, Message, Next, Unreadable, after_failure};
use countersign_store::messages::{self, Claim};
use countersign_store::{Batch, Step, StoreError};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::NotSent;
use crate::Service;

/// How often a node looks for what other nodes wrote and what is due again.
const POLL: Duration = Duration::from_secs(1);
/// Messages of one channel that a node has under way at once.
const AT_ONCE: usize = 32;
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(20);
/// For how long a claimed message is left to who claimed it: longer than an attempt with the
/// commits around it.
const LEASE: Duration = Duration::from_secs(30);
const _: () = assert!(ATTEMPT.as_secs() + 5 < LEASE.as_secs());
/// How long attempts that are under way may go on when the server stops.
const FINISH: Duration = Duration::from_secs(5);
/// The longest text of a provider that is written down.
const LONGEST_TEXT: usize = 200;

/// What becomes of a message that was claimed.
enum Fate {
    /// It is deleted: it was sent, or nobody awaits it.
    Gone,
    /// It is tried again then.
    Again(Timestamp),
    /// It is not sent, for this reason; with it goes what else its end changes.
    GivenUp(Event, Option<Step>),
}

impl Service {
    /// Delivers what is due, and waits for what is under way already on this node.
    ///
    /// # Errors
    /// The first [`StoreError`]; what could not be written down is delivered again.
    pub async fn deliver(&self) -> Result<(), StoreError> {
        let [sms, email] = Channel::ALL.map(|channel| self.deliver_by(channel));
        tokio::try_join!(sms, email).map(drop)
    }

    async fn deliver_by(&self, channel: Channel) -> Result<(), StoreError> {
        let never = CancellationToken::new();
        let (mut attempts, mut all) = (JoinSet::new(), Ok(()));
        while self.begin_attempts(channel, &mut attempts, &never).await? > 0 {
            while let Some(done) = attempts.join_next().await {
                all = all.and(done.unwrap_or(Ok(())));
            }
        }
        self.inner.queue.lane(channel).idle().await;
        all
    }

    /// Delivers what comes into the queue until `stop`; then ends what is under way, or leaves
    /// it to another node.
    pub(crate) async fn keep_delivering(&self, channel: Channel, stop: &CancellationToken) {
        if !self.inner.delivery.sends(channel) {
            return;
        }
        let abandon = CancellationToken::new();
        let mut attempts = JoinSet::new();
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut failing, mut full) = (false, false);
        loop {
            let looks = tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => true,
                () = self.inner.queue.lane(channel).wake.notified() => true,
                Some(done) = attempts.join_next(), if !attempts.is_empty() => {
                    say_once(&mut failing, channel, done.unwrap_or(Ok(())));
                    // Where more may wait than there was room for.
                    full
                }
            };
            if looks {
                let room = AT_ONCE - attempts.len();
                let begun = self.begin_attempts(channel, &mut attempts, &abandon).await;
                full = begun.as_ref().is_ok_and(|begun| *begun >= room);
                say_once(&mut failing, channel, begun.map(drop));
            }
        }
        let mut finish = async || while attempts.join_next().await.is_some() {};
        if tokio::time::timeout(FINISH, finish()).await.is_err() {
            abandon.cancel();
            finish().await;
        }
    }

    /// Claims as many messages as there is room for, and begins an attempt at each. Returns
    /// how many those are.
    async fn begin_attempts(
        &self,
        channel: Channel,
        attempts: &mut JoinSet<Result<(), StoreError>>,
        abandon: &CancellationToken,
    ) -> Result<usize, StoreError> {
        let lane = self.inner.queue.lane(channel);
        let room = AT_ONCE.saturating_sub(attempts.len());
        if room == 0 || !self.inner.delivery.sends(channel) {
            return Ok(0);
        }
        let _claiming = lane.begin();
        let now = self.now();
        let most = i64::try_from(room).unwrap_or(i64::MAX);
        let claim = messages::claim(channel, now, now.plus(LEASE), most);
        let outcome = self.commit(Batch::new().then(claim)).await?;
        for claimed in messages::claimed(&outcome) {
            let claim = match claimed {
                Ok(claim) => claim,
                // It is swept when its time is over; the others are none the worse.
                Err(error) => {
                    tracing::error!(%error, "a message cannot be read");
                    continue;
                }
            };
            let (service, abandon, under_way) = (self.clone(), abandon.clone(), lane.begin());
            attempts.spawn(async move {
                let done = service.attempt(&claim, &abandon).await;
                drop(under_way);
                done
            });
        }
        Ok(outcome.count())
    }

    /// Makes one attempt, and writes down what became of it.
    async fn attempt(&self, claim: &Claim, abandon: &CancellationToken) -> Result<(), StoreError> {
        let id = claim.message.id;
        let fate = self.fate(claim, abandon).await;
        let batch = Batch::new().then(match fate {
            Fate::Gone => messages::sent(id),
            Fate::Again(at) => messages::later(id, claim.attempt, at),
            Fate::GivenUp(event, uncount) => return self.give_up(claim, event, uncount).await,
        });
        self.commit(batch).await.map(drop)
    }

    async fn fate(&self, claim: &Claim, abandon: &CancellationToken) -> Fate {
        let sealed = &claim.message;
        let opened = match self.ring_with(sealed.key).await {
            Ok(Some(ring)) => sealed.open(&ring),
            Ok(None) => Err(Unreadable(sealed.key)),
            // Whether there is such a key is not known.
            Err(error) => return self.after(claim, About::default(), &error.to_string(), None),
        };
        let (message, about) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(message = %sealed.id, %error, "a message is lost");
                let reason = Reason::MessageUnreadable;
                return Fate::GivenUp(not_sent(claim, About::default(), reason, ""), None);
            }
        };
        let left = message.expires_at.since(self.now());
        if !message.awaited {
            return Fate::Gone;
        }
        // An SMS that nobody got is none whose code went unused.
        let uncount = self.sms_not_sent(&message);
        if left.is_zero() {
            let event = not_sent(
                claim,
                about,
                Reason::DeliveryTooLate,
                "it waited for too long",
            );
            return Fate::GivenUp(event, uncount);
        }
        let sent = tokio::select! {
            sent = tokio::time::timeout(ATTEMPT.min(left), self.send_now(&message)) => {
                sent.unwrap_or_else(|_| Err(NotSent::Later("it took too long".to_owned())))
            }
            // This node stops: the next is to begin at once.
            () = abandon.cancelled() => return Fate::Again(self.now()),
        };
        self.say_how_it_goes(claim, sent.as_ref().err());
        match sent {
            Ok(()) => Fate::Gone,
            Err(NotSent::Later(text)) => self.after(claim, about, &text, uncount),
            Err(NotSent::Unknown(text)) => {
                let event = not_sent(claim, about, Reason::DeliveryUnknown, &text);
                Fate::GivenUp(event, uncount)
            }
            Err(NotSent::Never(text)) => {
                // It stays among those that were sent: made-up numbers must not hide.
                let event = not_sent(claim, about, Reason::DeliveryRefused, &text);
                Fate::GivenUp(event, None)
            }
        }
    }

    async fn send_now(&self, message: &Message) -> Result<(), NotSent> {
        let settings = self.inner.partners.settings(&message.partner);
        let unknown = || NotSent::Later("its partner's settings are not known".to_owned());
        let settings = settings.ok_or_else(unknown)?;
        let delivery = &self.inner.delivery;
        delivery.send(message, &settings, self.now()).await
    }

    /// What comes after an attempt that failed for now.
    fn after(&self, claim: &Claim, about: About, text: &str, uncount: Option<Step>) -> Fate {
        let (expires_at, entropy) = (claim.message.expires_at, &*self.inner.entropy);
        match after_failure(claim.attempt, expires_at, self.now(), entropy) {
            Next::Again(at) => Fate::Again(at),
            Next::TooLate => {
                let event = not_sent(claim, about, Reason::DeliveryTooLate, text);
                Fate::GivenUp(event, uncount)
            }
        }
    }

    /// Gives a message up. The audit is told as of any refusal: whoever has messages sent that
    /// nobody takes must not fill it.
    async fn give_up(
        &self,
        claim: &Claim,
        event: Event,
        uncount: Option<Step>,
    ) -> Result<(), StoreError> {
        let sealed = &claim.message;
        let give_up = messages::give_up(sealed.id, claim.attempt);
        match self
            .commit(Batch::new().then(give_up).then_all(uncount))
            .await
        {
            Ok(_) => {}
            // Somebody else is at it, and will say what becomes of it.
            Err(StoreError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        tracing::warn!(
            message = %sealed.id,
            partner = %sealed.partner,
            reason = event.reason.map(Reason::as_str),
            detail = event.detail,
            given_up = self.inner.queue.count_given_up(),
            "a message was given up"
        );
        let caller = self.inner.ledger.local_caller(self.now());
        self.record_later(&caller, event);
        Ok(())
    }

    /// Says once that a channel does not take messages, and once that it does again.
    fn say_how_it_goes(&self, claim: &Claim, not_sent: Option<&NotSent>) {
        let channel = claim.message.channel;
        let later = matches!(not_sent, Some(NotSent::Later(_) | NotSent::Unknown(_)));
        if let Some(error) = not_sent {
            let (message, attempt) = (claim.message.id, claim.attempt);
            tracing::debug!(%message, attempt, %error, "a message was not taken");
        }
        if self.inner.queue.lane(channel).turns(later) {
            match not_sent {
                Some(error) => {
                    let channel = channel.as_str();
                    tracing::warn!(channel, %error, "messages are not taken; they are tried again");
                }
                None => tracing::info!(channel = channel.as_str(), "messages are taken again"),
            }
        }
    }
}

/// That a message is not sent, for the audit.
fn not_sent(claim: &Claim, about: About, reason: Reason, text: &str) -> Event {
    let channel = claim.message.channel.as_str();
    let text: String = text.chars().take(LONGEST_TEXT).collect();
    let event = Event::refused(Action::Deliver, reason, Actor::Server);
    Event {
        user: about.user,
        subject: about.challenge.map(Subject::Challenge),
        ..event
    }
    .partner(&claim.message.partner)
    .detail(format!("{channel}, attempt {}: {text}", claim.attempt))
}

/// Said once, not once a second.
fn say_once(failing: &mut bool, channel: Channel, done: Result<(), StoreError>) {
    let failed = done.err();
    if let Some(error) = failed.as_ref().filter(|_| !*failing) {
        let channel = channel.as_str();
        tracing::error!(channel, %error, "the queue of messages fails");
    }
    *failing = failed.is_some();
}

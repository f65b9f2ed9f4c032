//! What is counted before anything is sent or compared.
//!
//! An identity is counted in the store, so that all nodes share its limits and a restart
//! forgets none. Addresses, partners and the node itself are counted in memory, before the
//! store is asked. Whoever nobody knows is counted like anybody else.

mod node;

use std::time::Duration;

use countersign_domain::audit::{Action, Actor, Event, Reason};
use countersign_domain::authentication::Authenticator;
use countersign_domain::id::{DeviceId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::limits::{FAILURES_IN_A_ROW, Limits, Network};
use countersign_domain::partner::Slug;
use countersign_domain::token::AuthenticationToken;
use countersign_domain::user::User;
use countersign_domain::{Caller, Secret, Timestamp};
use countersign_store::limits::{self, Counted};
use countersign_store::{Batch, Outcome, Step, StoreError};

use crate::{Failure, Service};

pub(crate) use node::{Node, Use};

/// A device that its user logged in on before, proved by its former authentication token.
#[derive(Clone, Copy)]
pub(crate) struct KnownDevice {
    /// Whose device it is: it counts for nobody else.
    pub(crate) user: UserId,
    /// The device.
    pub(crate) device: DeviceId,
}

/// Why nothing was sent or compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Limited {
    /// Too many; the next may come after this long.
    TooMany(Duration),
    /// So many failed in a row that the authenticator is switched off for this identity.
    SwitchedOff,
}

impl Limited {
    /// The same for the audit.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::TooMany(_) => Reason::RateLimited,
            Self::SwitchedOff => Reason::SwitchedOff,
        }
    }
}

/// A guess that was counted.
pub(crate) struct Attempt<'a> {
    /// Of whom.
    pub(crate) counted: Counted,
    /// Whose user.
    pub(crate) partner: &'a Slug,
    /// With which authenticator.
    pub(crate) authenticator: Authenticator,
    /// What holds for it.
    pub(crate) limits: &'a Limits,
}

impl Attempt<'_> {
    /// That it was right.
    pub(crate) fn succeeded(&self) -> Step {
        let rate = self.limits.guesses(self.authenticator);
        limits::succeeded(&self.counted, self.authenticator, rate)
    }
}

impl Service {
    /// The device that had this authentication token, dead or alive, if the partner's user has
    /// not deleted it since. Any other text leads to none, and nobody is told.
    pub(crate) async fn former_device(
        &self,
        partner: &Slug,
        token: Option<&Secret<String>>,
    ) -> Result<Option<KnownDevice>, StoreError> {
        let token = token.and_then(|token| AuthenticationToken::parse(token.expose()).ok());
        let Some(token) = token else {
            return Ok(None);
        };
        let found = self.inner.store.former_device(token.id()).await?;
        let found =
            found.filter(|found| found.token.matches(&token.hash()) && found.partner == *partner);
        Ok(found.map(|found| KnownDevice {
            user: found.user,
            device: found.device,
        }))
    }

    /// The device that had this authentication token, if it is one of this user's.
    pub(crate) async fn known_device(
        &self,
        partner: &Slug,
        token: Option<&Secret<String>>,
        user: Option<&User>,
    ) -> Result<Option<DeviceId>, StoreError> {
        let found = self.former_device(partner, token).await?;
        // Whoever sends another user's token along is no known device.
        let known = found.filter(|found| user.is_some_and(|user| user.id == found.user));
        Ok(known.map(|known| known.device))
    }

    /// By what an identity, or a known device of it, is counted.
    pub(crate) fn counted(
        &self,
        partner: &Slug,
        identity: &Identity,
        device: Option<DeviceId>,
    ) -> Counted {
        Counted {
            identity: self.inner.limit_key.mark(partner, identity),
            device,
        }
    }

    /// Counts something of an address, a partner and this node; of an address only where it is
    /// one that others do not share: from this machine itself a proxy asks, or its operator.
    ///
    /// # Errors
    /// How long to wait.
    pub(crate) fn pass(
        &self,
        caller: &Caller,
        what: Use,
        partner: &Slug,
        limits: &Limits,
    ) -> Result<(), Duration> {
        let (network, now) = (network(caller), self.inner.clock.uptime());
        let passed = self.inner.node.take(what, network, partner, limits, now);
        if passed.is_err() && limits.dry_run {
            self.would_limit();
            return Ok(());
        }
        passed
    }

    /// Gives an address back what [`pass`](Self::pass) counted for a guess that was not wrong.
    pub(crate) fn give_back(&self, caller: &Caller, what: Use) {
        if let Some(network) = network(caller) {
            self.inner.node.give_back(what, network);
        }
    }

    /// Commits `rest`, if a limit has one left, which is taken first: what is refused writes
    /// nothing. Where limits are only tried out it is committed all the same, with what then
    /// counts it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `limits::none_left`, where it has none.
    pub(crate) async fn commit_within(
        &self,
        limit: Step,
        rest: Batch,
        (limits, anyway): (&Limits, Option<Step>),
    ) -> Result<Outcome, StoreError> {
        let all = |rest: Batch| Batch::new().then(limit.clone()).then_batch(rest);
        if !limits.dry_run {
            return self.commit(all(rest)).await;
        }
        match self.commit(all(rest.clone())).await {
            Err(error) if limits::none_left(&error) => {
                self.would_limit();
                self.commit(rest.then_all(anyway)).await
            }
            committed => committed,
        }
    }

    fn would_limit(&self) {
        tracing::debug!("over a limit, and let through: limits.dry_run is on");
        self.count(Action::LogIn, Reason::WouldBeLimited);
    }

    /// Counts a guess, before it is compared, together with `rest`. Returns how many will have
    /// failed in a row if this one does.
    ///
    /// # Errors
    /// [`Limited`]; or [`Failure::Store`], also with a conflict of `rest`.
    pub(crate) async fn take_guess(
        &self,
        guess: &Attempt<'_>,
        rest: Batch,
        now: Timestamp,
    ) -> Result<(Outcome, i64), Failure<Limited>> {
        let rate = guess.limits.guesses(guess.authenticator);
        let take = limits::take_guess(&guess.counted, guess.authenticator, rate, now);
        let anyway = limits::count_anyway(&guess.counted, guess.authenticator);
        let within = (guess.limits, Some(anyway));
        match self.commit_within(take, rest, within).await {
            Ok(outcome) => {
                // None was taken where limits are only tried out and this one is over them.
                let failures = limits::failures(&outcome).unwrap_or(0);
                Ok((outcome, failures))
            }
            Err(error) if limits::none_left(&error) => {
                let kept = self.guesses_of(&guess.counted, guess.authenticator).await?;
                let Some(kept) = kept else {
                    return Err(Failure::Refused(Limited::TooMany(Duration::ZERO)));
                };
                if kept.switched_off() {
                    return Err(Failure::Refused(Limited::SwitchedOff));
                }
                let wait = rate.take(kept.full.as_micros(), now.as_micros());
                let wait = wait.err().unwrap_or_default();
                Err(Failure::Refused(Limited::TooMany(wait)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives back a guess that was counted and not compared after all.
    pub(crate) async fn take_back(&self, guess: &Attempt<'_>) -> Result<(), StoreError> {
        let rate = guess.limits.guesses(guess.authenticator);
        let step = limits::give_back(&guess.counted, guess.authenticator, rate);
        self.commit(Batch::new().then(step)).await.map(drop)
    }

    /// Whether an authenticator is switched off for an identity.
    pub(crate) async fn is_switched_off(&self, guess: &Attempt<'_>) -> Result<bool, StoreError> {
        let kept = self.guesses_of(&guess.counted, guess.authenticator).await?;
        let off = kept.is_some_and(|kept| kept.switched_off());
        if off && guess.limits.dry_run {
            self.would_limit();
        }
        Ok(off && !guess.limits.dry_run)
    }

    async fn guesses_of(
        &self,
        counted: &Counted,
        authenticator: Authenticator,
    ) -> Result<Option<limits::Guesses>, StoreError> {
        let kept = self.inner.store.guesses(counted.identity).await?;
        let this = |kept: &limits::Guesses| {
            kept.device == counted.device && kept.authenticator == authenticator
        };
        Ok(kept.into_iter().find(this))
    }

    /// Says once that an authenticator is switched off, when the last of too many failures in a
    /// row is known to be one. Behind the answer, as any refusal: whoever is known is not told
    /// from whoever is not, and nobody fills the audit with it.
    pub(crate) fn note_failure(
        &self,
        caller: &Caller,
        guess: &Attempt<'_>,
        user: Option<UserId>,
        failures: i64,
    ) {
        if failures != FAILURES_IN_A_ROW {
            return;
        }
        let Some(user) = user else {
            self.count(Action::AuthenticatorSwitchedOff, Reason::SwitchedOff);
            return;
        };
        let event = Event::done(Action::AuthenticatorSwitchedOff, Actor::Server)
            .note(Reason::SwitchedOff)
            .partner(guess.partner)
            .user(user)
            .detail(match guess.counted.device {
                Some(_) => format!("{}, on a known device", guess.authenticator.as_str()),
                None => guess.authenticator.as_str().to_owned(),
            });
        self.record_later(caller, event);
    }

    /// How long to wait until something may be sent to an identity.
    pub(crate) async fn send_wait(
        &self,
        counted: &Counted,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Duration, StoreError> {
        let sends = self.inner.store.sends(counted.identity).await?;
        let sends = sends
            .into_iter()
            .find(|sends| sends.device == counted.device);
        Ok(sends.map_or(Duration::ZERO, |sends| {
            sends.sent.wait(&limits.sends(), now)
        }))
    }
}

pub(crate) fn network(caller: &Caller) -> Option<Network> {
    let address = caller.address?.to_canonical();
    (!address.is_loopback()).then(|| Network::of(address))
}

//! Answer a challenge: the second step of a log-in.

mod replay;

use countersign_domain::Caller;
use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::challenge::{Challenge, Confirmed, Guess, GuessRefusal};
use countersign_domain::epoch::Epoch;
use countersign_domain::id::{AuthenticationId, UserId};
use countersign_domain::limits::Limits;
use countersign_domain::one_time::Nonce;
use countersign_domain::partner::PartnerSettings;
use countersign_store::users::StoredUser;
use countersign_store::{Batch, StoreError, challenges, devices, limits, users};

use crate::limits::{Attempt, Limited, Use};
use crate::sign_in::{PURGED, SignIn, purge};
use crate::{AuthenticationView, Failure, Service};

/// Times that a sign-in is decided anew because something changed under it.
const TRIES: usize = 4;

/// An answer to a challenge, as it was presented.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The challenge.
    pub challenge: AuthenticationId,
    /// The code, and the PIN of step one.
    pub guess: Guess,
    /// What one browser answers with each time: the same code with the same nonce gets the same
    /// sign-in once more, so that a lost answer strands nobody.
    pub nonce: Option<Nonce>,
}

impl Service {
    /// Compares a code with those a challenge sent, and signs in if it is one of them.
    ///
    /// The guess is counted durably before it is compared, and all of it goes on if the
    /// client hangs up: a thousand guesses at once get five comparisons between them.
    ///
    /// # Errors
    /// [`GuessRefusal`].
    pub async fn answer_challenge(
        &self,
        caller: &Caller,
        answer: Answer,
    ) -> Result<AuthenticationView, Failure<GuessRefusal>> {
        let (service, caller) = (self.clone(), caller.clone());
        self.finish(async move {
            let nonce = answer.nonce.as_ref();
            if let Some(nonce) = nonce
                && let Some(again) = service.answered(&caller, answer.challenge, nonce).await?
            {
                return Ok(again);
            }
            let codes = service.inner.store.codes(answer.challenge).await?;
            // A node that does not know a code's key yet learns it before a guess is spent.
            for code in &codes {
                service.ring_with(code.hash.key).await?;
            }
            let challenge = service.awaited(answer.challenge).await?;
            let settings = service.inner.partners.settings(&challenge.partner);
            let settings = settings.ok_or(Failure::Refused(GuessRefusal::Invalid))?;
            let (challenge, failures) = service.count_guess(&caller, challenge, &settings).await?;
            let keys = service.inner.keys.ring();
            if let Err(wrong) = challenge.compare(&codes, &answer.guess, &keys, service.now()) {
                service.refuse_guess(&caller, &challenge, wrong.reason());
                let guess = service.guess_of(&challenge, &settings.limits);
                let user = challenge.candidate.user();
                service.note_failure(&caller, &guess, user, failures);
                return Err(Failure::Refused(wrong.into()));
            }
            if !challenge.known_device {
                service.give_back(&caller, Use::Guess);
            }
            let redeemed = service.redeem_challenge(&caller, &challenge, nonce).await;
            match (redeemed, nonce) {
                // The same answer twice at once, of which the other came first.
                (Err(refused @ Failure::Refused(_)), Some(nonce)) => {
                    let again = service.answered(&caller, challenge.id, nonce).await?;
                    again.ok_or(refused)
                }
                (redeemed, _) => redeemed,
            }
        })
        .await
    }

    /// The challenge with this id, used or not.
    async fn awaited(&self, id: AuthenticationId) -> Result<Challenge, Failure<GuessRefusal>> {
        let challenge = self.inner.store.challenge(id).await?;
        challenge.ok_or_else(|| {
            self.count(Action::LogIn, Reason::UnknownChallenge);
            Failure::Refused(GuessRefusal::Invalid)
        })
    }

    /// By what the guesses of a challenge are counted beside the challenge itself.
    pub(crate) fn guess_of<'a>(&self, challenge: &'a Challenge, limits: &'a Limits) -> Attempt<'a> {
        let known = challenge.known_device.then_some(challenge.device);
        Attempt {
            counted: self.counted(&challenge.partner, &challenge.identity, known),
            partner: &challenge.partner,
            authenticator: challenge.channel.into(),
            limits,
        }
    }

    /// Counts a guess of the challenge, of its identity and of whoever guesses. The challenge as
    /// it was then, and how many will have failed in a row if this one does.
    async fn count_guess(
        &self,
        caller: &Caller,
        challenge: Challenge,
        settings: &PartnerSettings,
    ) -> Result<(Challenge, i64), Failure<GuessRefusal>> {
        let (id, now) = (challenge.id, self.now());
        let limited = |limited: Limited| {
            self.refuse_guess(caller, &challenge, limited.reason());
            Failure::Refused(match limited {
                Limited::TooMany(wait) => GuessRefusal::TooMany(wait),
                Limited::SwitchedOff => GuessRefusal::SwitchedOff,
            })
        };
        if !challenge.known_device {
            let passed = self.pass(caller, Use::Guess, &challenge.partner, &settings.limits);
            passed.map_err(|wait| limited(Limited::TooMany(wait)))?;
        }
        let guess = self.guess_of(&challenge, &settings.limits);
        let count = Batch::new().then(challenges::count_guess(id, now));
        match self.take_guess(&guess, count, now).await {
            Ok((outcome, failures)) => Ok((challenges::guess_counted(&outcome)?, failures)),
            Err(Failure::Refused(refused)) => Err(limited(refused)),
            Err(Failure::Store(StoreError::Conflict { .. })) => {
                let challenge = self.awaited(id).await?;
                let why = challenge.why_over(now);
                let reason = match why {
                    GuessRefusal::Invalid => Reason::Used,
                    GuessRefusal::Expired => Reason::Expired,
                    GuessRefusal::TooManyAttempts => Reason::TooManyAttempts,
                    GuessRefusal::TooMany(_) => Reason::RateLimited,
                    GuessRefusal::SwitchedOff => Reason::SwitchedOff,
                };
                self.refuse_guess(caller, &challenge, reason);
                Err(Failure::Refused(why))
            }
            Err(failure) => Err(failure.map(|_| GuessRefusal::Invalid)),
        }
    }

    pub(crate) fn refuse_guess(&self, caller: &Caller, challenge: &Challenge, reason: Reason) {
        let event = Event::refused(Action::LogIn, reason, Actor::Anyone)
            .partner(&challenge.partner)
            .subject(Subject::Challenge(challenge.id))
            .detail(challenge.channel.as_str());
        let event = match challenge.candidate.user() {
            Some(user) => event.user(user),
            None => event,
        };
        self.record_later(caller, event);
    }

    /// Signs in whom a right code proves. Whoever redeems first does; for all others the
    /// code is used.
    async fn redeem_challenge(
        &self,
        caller: &Caller,
        challenge: &Challenge,
        nonce: Option<&Nonce>,
    ) -> Result<AuthenticationView, Failure<GuessRefusal>> {
        let mut conflict = None;
        for _ in 0..TRIES {
            match self.try_to_redeem(caller, challenge, nonce).await {
                Err(Failure::Store(StoreError::Conflict { statement })) => {
                    conflict = Some(StoreError::Conflict { statement });
                    let stored = self.inner.store.challenge(challenge.id).await?;
                    if stored.is_none_or(|stored| stored.redeemed_at.is_some()) {
                        self.refuse_guess(caller, challenge, Reason::Used);
                        return Err(Failure::Refused(GuessRefusal::Invalid));
                    }
                    if devices::deleted(statement) {
                        self.refuse_guess(caller, challenge, Reason::UserChanged);
                        return Err(Failure::Refused(GuessRefusal::Invalid));
                    }
                }
                decided => return decided,
            }
        }
        // Locked and unlocked and locked again, all the while: nobody's everyday case.
        Err(conflict.map_or(Failure::Refused(GuessRefusal::Invalid), Failure::Store))
    }

    async fn try_to_redeem(
        &self,
        caller: &Caller,
        challenge: &Challenge,
        nonce: Option<&Nonce>,
    ) -> Result<AuthenticationView, Failure<GuessRefusal>> {
        let invalid = Failure::Refused(GuessRefusal::Invalid);
        let (partner, identity) = (&challenge.partner, &challenge.identity);
        let settings = self.inner.partners.settings(partner).ok_or(invalid)?;
        let stored = self.inner.store.user_by_identity(partner, identity).await?;
        let user = stored.as_ref().map(|stored| &stored.user);
        let confirmed = challenge.candidate.confirm(user, settings.sign_up);
        let confirmed = confirmed.map_err(|refusal| {
            self.refuse_guess(caller, challenge, Reason::UserChanged);
            Failure::Refused(refusal)
        })?;

        let now = self.now();
        let known = challenge.known_device.then_some(challenge.device);
        let redeem = Batch::new()
            .then(challenges::redeem(challenge.id, now))
            .then_all(self.sms_used(partner, identity, challenge.sent_at));
        let channel = challenge.channel.as_str();
        let unproved = stored
            .as_ref()
            .is_some_and(StoredUser::has_unproved_password);
        let (user, epoch, batch) = match confirmed {
            Confirmed::Existing(user, epoch) => {
                let prove = users::prove_identity(partner, identity, user, now);
                let (epoch, purge) = match unproved.then(|| purge(user, epoch, known, now)) {
                    Some((epoch, steps)) => (epoch, Some(steps)),
                    None => (epoch, None),
                };
                let batch = redeem.then_all(purge.into_iter().flatten()).then(prove);
                (user, epoch, batch)
            }
            Confirmed::New => {
                let user = UserId::generate(now, &*self.inner.entropy);
                let batch = redeem.then(users::insert(user, partner, None, now)).then(
                    users::insert_identity(partner, identity, user, Some(now), now),
                );
                (user, Epoch::FIRST, batch)
            }
        };
        let identities = stored.iter().flat_map(|stored| &stored.user.identities);
        let who = SignIn {
            user: (user, epoch),
            token: self.token_for_answer(challenge.id, nonce),
            device: challenge.device,
            known_device: challenge.known_device,
            proved: self.marks(partner, identities),
            device_name: &challenge.device_name,
            description: &challenge.description,
            authenticator: challenge.channel.into(),
            pin: challenge.pin,
            begun_at: challenge.created_at,
        };
        let (steps, view) = self.sign_in(&who, &settings, now);
        let event = Event::done(Action::LogIn, Actor::User(user))
            .partner(partner)
            .subject(Subject::Authentication(challenge.id))
            .detail(match confirmed {
                Confirmed::Existing(..) if unproved => format!("{channel}{PURGED}"),
                Confirmed::Existing(..) => channel.to_owned(),
                Confirmed::New => format!("{channel}, and the user was added"),
            });
        let guess = self.guess_of(challenge, &settings.limits);
        let came_back = limits::code_came_back(guess.counted.identity, challenge.channel);
        let batch = batch
            .then_all(steps)
            .then(guess.succeeded())
            .then(came_back);
        self.commit(batch.then(self.record(caller, event, now)))
            .await?;
        Ok(view)
    }
}

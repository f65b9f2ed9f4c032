//! Log in: with a password in one step, or the first step of two.

use std::time::Duration;

use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::authentication::{Authenticator, Channel};
use countersign_domain::device::DeviceDescription;
use countersign_domain::id::{AuthenticationId, DeviceId};
use countersign_domain::identity::Identity;
use countersign_domain::locale::Locale;
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::password::Password;
use countersign_domain::pin::Pin;
use countersign_domain::sms::SmsRefusal;
use countersign_domain::token::AuthenticationToken;
use countersign_domain::user::{User, UserStatus};
use countersign_domain::{Caller, Secret};
use countersign_store::users::StoredUser;
use countersign_store::{Batch, StoreError, users};

use crate::limits::{Attempt, Limited, Use};
use crate::passwords::{Line, Verdict};
use crate::sign_in::SignIn;
use crate::{AuthenticationView, Failure, Service};

/// A log-in, as a client asks for it.
#[derive(Clone, Debug)]
pub struct LogIn {
    /// Whose user; the default partner's where it is not said.
    pub partner: Slug,
    /// Who.
    pub identity: Identity,
    /// How they prove it.
    pub proof: Proof,
    /// A PIN for what comes after.
    pub pin: Option<Pin>,
    /// What the client says of its device.
    pub description: DeviceDescription,
    /// The person's language, where it is known.
    pub locale: Option<Locale>,
    /// The authentication token that the device had before: what it guesses is then counted by
    /// itself, and it stays the device that it was.
    pub device_token: Option<Secret<String>>,
}

/// How a user proves who they are.
#[derive(Clone, Debug)]
pub enum Proof {
    /// With this password.
    Password(Secret<String>),
    /// With a code that is to be sent.
    Code(Channel),
}

impl Proof {
    fn authenticator(&self) -> Authenticator {
        match self {
            Self::Password(_) => Authenticator::Password,
            Self::Code(channel) => (*channel).into(),
        }
    }
}

/// Why a log-in is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogInRefusal {
    /// There is no such partner.
    #[error("there is no such partner")]
    UnknownPartner,
    /// The partner does not allow this authenticator, or nothing is set up to send its codes.
    #[error("this authenticator is not available")]
    AuthenticatorUnavailable,
    /// Codes of this authenticator go to another type of identity.
    #[error("codes of this authenticator go to another type of identity")]
    WrongIdentityType,
    /// The partner requires a PIN, and none was chosen.
    #[error("a PIN must be chosen")]
    PinMissing,
    /// The password is wrong, or nobody has the identity, or they are locked: nothing tells
    /// which.
    #[error("wrong password, or nobody who may log in has this identity")]
    InvalidCredentials,
    /// No SMS is sent there, or none now.
    #[error(transparent)]
    Sms(#[from] SmsRefusal),
    /// Too many were tried or sent; the next may come after this long.
    #[error("too many; the next may come in {} s", .0.as_secs())]
    TooMany(Duration),
    /// The authenticator is switched off for this identity, after too many failures in a row.
    #[error("switched off after too many failures in a row")]
    SwitchedOff,
}

impl LogInRefusal {
    /// The same for the audit.
    fn reason(self) -> Reason {
        match self {
            Self::UnknownPartner => Reason::UnknownPartner,
            Self::AuthenticatorUnavailable => Reason::AuthenticatorOff,
            Self::WrongIdentityType => Reason::WrongIdentityType,
            Self::PinMissing => Reason::PinMissing,
            Self::InvalidCredentials => Reason::WrongPassword,
            Self::Sms(refusal) => refusal.reason(),
            Self::TooMany(_) => Reason::RateLimited,
            Self::SwitchedOff => Reason::SwitchedOff,
        }
    }
}

impl Service {
    /// Logs in with a password, or sends the code of a log-in in two steps.
    ///
    /// Known, unknown and locked identities are answered alike.
    ///
    /// # Errors
    /// [`LogInRefusal`].
    pub async fn log_in(
        &self,
        caller: &Caller,
        log_in: LogIn,
    ) -> Result<AuthenticationView, Failure<LogInRefusal>> {
        let settings = self.inner.partners.settings(&log_in.partner);
        let settings = settings.ok_or(LogInRefusal::UnknownPartner);
        let admitted = settings.and_then(|settings| {
            self.admit(&log_in, &settings)?;
            Ok(settings)
        });
        let settings = admitted.map_err(|refusal| {
            self.count(Action::LogIn, refusal.reason());
            Failure::Refused(refusal)
        })?;
        let (service, caller) = (self.clone(), caller.clone());
        self.finish(async move {
            match log_in.proof.clone() {
                Proof::Password(password) => {
                    service
                        .log_in_with_password(&caller, log_in, &password, &settings)
                        .await
                }
                Proof::Code(channel) => {
                    service
                        .begin_challenge(&caller, log_in, channel, &settings)
                        .await
                }
            }
        })
        .await
    }

    /// Refuses what no identity's state has a part in.
    fn admit(&self, log_in: &LogIn, settings: &PartnerSettings) -> Result<(), LogInRefusal> {
        let channel = match log_in.proof {
            Proof::Password(_) => None,
            Proof::Code(channel) => Some(channel),
        };
        let can_send = channel.is_none_or(|channel| self.inner.delivery.sends(channel));
        if !log_in.proof.authenticator().allowed_by(settings) || !can_send {
            return Err(LogInRefusal::AuthenticatorUnavailable);
        }
        if channel.is_some_and(|channel| channel.sends_to() != log_in.identity.kind()) {
            return Err(LogInRefusal::WrongIdentityType);
        }
        if settings.exchange_requires_pin && log_in.pin.is_none() {
            return Err(LogInRefusal::PinMissing);
        }
        Ok(())
    }

    async fn log_in_with_password(
        &self,
        caller: &Caller,
        log_in: LogIn,
        password: &Secret<String>,
        settings: &PartnerSettings,
    ) -> Result<AuthenticationView, Failure<LogInRefusal>> {
        let refused = Failure::Refused(LogInRefusal::InvalidCredentials);
        let (stored, known) = self.who_guesses(caller, &log_in, settings).await?;
        let user = stored.as_ref().map(|stored| &stored.user);
        let guess = Attempt {
            counted: self.counted(&log_in.partner, &log_in.identity, known),
            partner: &log_in.partner,
            authenticator: Authenticator::Password,
            limits: &settings.limits,
        };
        let hash = stored
            .as_ref()
            .and_then(|stored| stored.password_hash.as_deref());
        let password = Password::present(password);
        let tried = self.try_password(caller, &guess, user, (password.clone(), hash));
        let (verdict, failures) = tried.await?;
        let user = match &stored {
            Some(stored) if verdict.matches && stored.user.status == UserStatus::Active => {
                &stored.user
            }
            _ => {
                let user = stored.as_ref().map(|stored| &stored.user);
                let reason = why_refused(user, hash.is_some(), verdict.matches);
                self.refuse_log_in(caller, user, Authenticator::Password, reason);
                let id = user.map(|user| user.id);
                self.note_failure(caller, &guess, id, failures);
                return Err(refused);
            }
        };
        if known.is_none() {
            self.give_back(caller, Use::Guess);
        }

        let now = self.now();
        let id = AuthenticationId::generate(now, &*self.inner.entropy);
        let keys = self.inner.keys.ring();
        let who = SignIn {
            user: (user.id, user.epoch),
            token: AuthenticationToken::generate(id, &*self.inner.entropy),
            device: known.unwrap_or_else(|| DeviceId::generate(now, &*self.inner.entropy)),
            known_device: known.is_some(),
            proved: self.marks(&user.partner, &user.identities),
            device_name: &log_in.description.name(caller.user_agent.as_deref()),
            description: &log_in.description,
            authenticator: Authenticator::Password,
            pin: log_in.pin.as_ref().map(|pin| pin.hash(keys.current(), id)),
            begun_at: now,
        };
        let (steps, view) = self.sign_in(&who, settings, now);
        let event = Event::done(Action::LogIn, Actor::User(user.id))
            .partner(&user.partner)
            .subject(Subject::Authentication(id))
            .detail(Authenticator::Password.as_str());
        let mut batch = Batch::new()
            .then_all(steps)
            .then(guess.succeeded())
            .then(self.record(caller, event, now));
        if let (true, Some(password), Some(old)) = (verdict.outdated, password, hash) {
            // A log-in does not fail for want of a better hash.
            if let Ok(new) = self.inner.passwords.hash(password).await {
                batch = batch.then(users::rehash(user.id, old, &new));
            }
        }
        match self.commit(batch).await {
            Ok(_) => Ok(view),
            // Locked, deleted or given another password since it was loaded.
            Err(StoreError::Conflict { .. }) => {
                let (by, why) = (Authenticator::Password, Reason::UserChanged);
                self.refuse_log_in(caller, Some(user), by, why);
                Err(refused)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Counts a password and then compares it. Says too how many failed in a row if it is wrong.
    async fn try_password(
        &self,
        caller: &Caller,
        guess: &Attempt<'_>,
        user: Option<&User>,
        (password, hash): (Option<Password>, Option<&str>),
    ) -> Result<(Verdict, i64), Failure<LogInRefusal>> {
        let taken = self.take_guess(guess, Batch::new(), self.now()).await;
        let (_, failures) = taken.map_err(|failure| match failure {
            Failure::Refused(limited) => {
                self.limit_log_in(caller, user, guess.authenticator, limited)
            }
            failure => failure.map(|_| LogInRefusal::InvalidCredentials),
        })?;
        // One hash is computed whoever it is, so that the time tells nothing either.
        let line = match guess.counted.device {
            Some(_) => Line::Known,
            None => Line::Others,
        };
        match self.inner.passwords.verify(line, password, hash).await {
            Ok(verdict) => Ok((verdict, failures)),
            Err(overloaded) => {
                // A flood of log-ins must not use up what its victims may try.
                self.take_back(guess).await?;
                Err(overloaded.into())
            }
        }
    }

    /// The user of the identity that logs in, and the device if that user knows it. What is no
    /// known device is counted by its address, before anything else where nobody says it is one.
    async fn who_guesses(
        &self,
        caller: &Caller,
        log_in: &LogIn,
        settings: &PartnerSettings,
    ) -> Result<(Option<StoredUser>, Option<DeviceId>), Failure<LogInRefusal>> {
        let partner = &log_in.partner;
        let pass = |user: Option<&User>| {
            let passed = self.pass(caller, Use::Guess, partner, &settings.limits);
            passed.map_err(|wait| {
                let limited = Limited::TooMany(wait);
                self.limit_log_in(caller, user, Authenticator::Password, limited)
            })
        };
        let token = log_in.device_token.as_ref();
        let claimed = self.former_device(partner, token).await?;
        if claimed.is_none() {
            pass(None)?;
        }
        let stored = self.inner.store.user_by_identity(partner, &log_in.identity);
        let stored = stored.await?;
        let user = stored.as_ref().map(|stored| &stored.user);
        let known = claimed.filter(|known| user.is_some_and(|user| user.id == known.user));
        if claimed.is_some() && known.is_none() {
            pass(user)?;
        }
        let known = known.map(|known| known.device);
        Ok((stored, known))
    }

    /// Refuses a log-in that is over a limit, whoever's it is.
    pub(crate) fn limit_log_in(
        &self,
        caller: &Caller,
        user: Option<&User>,
        authenticator: Authenticator,
        limited: Limited,
    ) -> Failure<LogInRefusal> {
        self.refuse_log_in(caller, user, authenticator, limited.reason());
        Failure::Refused(match limited {
            Limited::TooMany(wait) => LogInRefusal::TooMany(wait),
            Limited::SwitchedOff => LogInRefusal::SwitchedOff,
        })
    }

    /// Behind the answer, or not at all: known or not, nothing is waited for.
    fn refuse_log_in(
        &self,
        caller: &Caller,
        user: Option<&User>,
        authenticator: Authenticator,
        reason: Reason,
    ) {
        let Some(user) = user else {
            return self.count(Action::LogIn, reason);
        };
        let event = Event::refused(Action::LogIn, reason, Actor::Anyone)
            .partner(&user.partner)
            .user(user.id)
            .detail(authenticator.as_str());
        self.record_later(caller, event);
    }
}

/// Why a password was refused, for the audit alone.
fn why_refused(user: Option<&User>, has_password: bool, matches: bool) -> Reason {
    match user {
        None => Reason::UnknownUser,
        Some(_) if !has_password => Reason::NoPassword,
        Some(_) if !matches => Reason::WrongPassword,
        Some(_) => Reason::UserLocked,
    }
}

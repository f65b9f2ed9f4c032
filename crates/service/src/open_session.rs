//! Open a session: exchange an authentication token for a session token.

use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::authentication::{ExchangeRefusal, PinCheck, admit_user};
use countersign_domain::epoch::{Epoch, Epochs};
use countersign_domain::id::{AnyId, AuthenticationId, DeviceId, SessionId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::pin;
use countersign_domain::session::{Amr, Session};
use countersign_domain::token::{AuthenticationToken, SessionToken};
use countersign_domain::user::one_of_each_type;
use countersign_domain::{Caller, Secret, Timestamp};
use countersign_store::authentications::WithUser;
use countersign_store::{Batch, StoreError, authentications, feed};

use crate::limits::Use;
use crate::{Failure, Service};

/// An exchange, as a client asks for it.
#[derive(Clone, Debug)]
pub struct ExchangeRequest {
    /// The authentication token.
    pub token: AuthenticationToken,
    /// The PIN chosen at log-in.
    pub pin: Option<Secret<String>>,
}

/// A session just opened.
#[derive(Clone, Debug)]
pub struct OpenedSession {
    /// Its id.
    pub id: SessionId,
    /// Its token.
    pub token: SessionToken,
    /// When it was opened.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// What a session is of.
pub(crate) struct SessionOf {
    pub(crate) user: UserId,
    pub(crate) partner: Slug,
    /// At most one of each type.
    pub(crate) identities: Vec<Identity>,
    pub(crate) device: DeviceId,
    pub(crate) authentication: AuthenticationId,
    pub(crate) epochs: Epochs,
    pub(crate) amr: Amr,
    pub(crate) authenticated_at: Timestamp,
    pub(crate) authentication_expires_at: Timestamp,
}

impl SessionOf {
    /// Of an authentication with this epoch.
    pub(crate) fn of(found: &WithUser, epoch: Epoch, amr: Amr) -> Self {
        let authentication = &found.authentication;
        Self {
            user: authentication.user,
            partner: found.partner.clone(),
            identities: one_of_each_type(&found.identities),
            device: authentication.device,
            authentication: authentication.id,
            epochs: Epochs {
                user: found.user_epoch,
                authentication: epoch,
            },
            amr,
            authenticated_at: authentication.authenticated_at,
            authentication_expires_at: authentication.expires_at,
        }
    }
}

impl Service {
    /// Exchanges an authentication token for a session token. The authentication token stays
    /// as it is, so any number of exchanges may run at once.
    ///
    /// Costs one read, and a write only where a PIN is compared.
    ///
    /// # Errors
    /// [`ExchangeRefusal`].
    pub async fn open_session(
        &self,
        caller: &Caller,
        request: ExchangeRequest,
    ) -> Result<OpenedSession, Failure<ExchangeRefusal>> {
        // Before the epochs are read: a process that stands still in between cannot seal a
        // session that outlives the revocation which it did not see.
        let now = self.now();
        let found = self.inner.store.authentication(request.token.id()).await?;
        let Some(found) = found else {
            self.count(Action::Exchange, Reason::UnknownToken);
            return Err(Failure::Refused(ExchangeRefusal::InvalidToken));
        };
        let opened = self.exchange(caller, &found, request, now).await;
        opened.map_err(|failure| {
            failure.map(|refused| {
                self.refuse_exchange(caller, &found, refused.why);
                refused.refusal
            })
        })
    }

    async fn exchange(
        &self,
        caller: &Caller,
        found: &WithUser,
        request: ExchangeRequest,
        now: Timestamp,
    ) -> Result<OpenedSession, Failure<Refused>> {
        let settings = self.inner.partners.settings(&found.partner);
        let settings = settings.ok_or(refused(
            ExchangeRefusal::InvalidToken,
            Reason::UnknownPartner,
        ))?;
        let authentication = &found.authentication;
        let presented = request.token.hash();
        let check = authentication
            .admit(&presented, request.pin.is_some(), &settings, now)
            .map_err(|refusal| {
                let why = authentication.why_not_admitted(&presented, refusal, now);
                refused(refusal, why.unwrap_or(Reason::UnknownToken))
            })?;
        let amr = Amr::of(authentication.authenticator);
        let (epoch, amr) = match (check, request.pin) {
            (PinCheck::Compare, Some(pin)) => (
                self.check_pin(caller, found, pin, &settings, now).await?,
                amr.and_pin(),
            ),
            (PinCheck::Compare, None) | (PinCheck::None, _) => (authentication.epoch, amr),
        };
        admit_user(found.status).map_err(|refusal| refused(refusal, Reason::UserLocked))?;

        // Who signs in is seen then; who exchanges is written behind.
        self.inner.last_seen.note(authentication.device, now);
        Ok(self.seal_session(SessionOf::of(found, epoch, amr), &settings, now))
    }

    /// Seals a session, which lasts as long as the partner sets and its authentication lives.
    /// `now` was taken before the epochs were read.
    pub(crate) fn seal_session(
        &self,
        of: SessionOf,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> OpenedSession {
        let session = Session {
            id: SessionId::generate(now, &*self.inner.entropy),
            user: of.user,
            partner: of.partner,
            identities: of.identities,
            device: of.device,
            authentication: of.authentication,
            epochs: of.epochs,
            amr: of.amr,
            authenticated_at: of.authenticated_at,
            created_at: now,
            expires_at: now
                .plus(settings.session_life)
                .min(of.authentication_expires_at),
        };
        let keys = self.inner.keys.ring();
        let token = SessionToken::seal(&session, keys.current(), &*self.inner.entropy);
        OpenedSession {
            id: session.id,
            token,
            created_at: session.created_at,
            expires_at: session.expires_at,
        }
    }

    /// Compares the PIN and counts a wrong one, in one statement.
    async fn check_pin(
        &self,
        caller: &Caller,
        found: &WithUser,
        presented: Secret<String>,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> Result<Epoch, Failure<Refused>> {
        let id = found.authentication.id;
        let kept = found.authentication.pin.map(|kept| kept.key);
        let ring = match kept {
            Some(key) => self.ring_with(key).await?.map(|ring| (key, ring)),
            None => None,
        };
        let key = ring.as_ref().and_then(|(key, ring)| ring.get(*key));
        let lost = refused(ExchangeRefusal::InvalidToken, Reason::PinNeverChosen);
        let presented = pin::hash(key.ok_or(lost)?, id, presented.expose());
        let exhausted = exchange_refused(found, Reason::PinsExhausted);
        let revoked = AnyId::from_bytes(*id.as_bytes());
        let ledger = &self.inner.ledger;
        let batch = Batch::new()
            .then(authentications::check_pin(id, &presented, now))
            .then(feed::authentication_if_revoked(id, now))
            .then(ledger.entry_if_revoked(caller, exhausted, revoked, now));
        let wrong = exchange_refused(found, Reason::WrongPin);
        let passed = self.pass(caller, Use::Pin, &found.partner, &settings.limits);
        passed.map_err(|wait| refused(ExchangeRefusal::TooMany(wait), Reason::RateLimited))?;
        let (service, caller) = (self.clone(), caller.clone());
        // Goes on if the client leaves: what was counted is in the audit.
        let checked = self.finish(async move {
            let committed = service.commit(batch).await;
            let outcome = committed.inspect_err(|_| service.give_back(&caller, Use::Pin))?;
            let epoch = authentications::pin_checked(&outcome)?;
            let was_the_last = !feed::told(&outcome)?.is_empty();
            if epoch.is_some() {
                service.give_back(&caller, Use::Pin);
            } else if !was_the_last {
                // What revoked is in the audit already, with the revocation.
                service.record_later(&caller, wrong);
            }
            Ok(epoch)
        });
        match checked.await {
            Ok(epoch) => epoch.ok_or(Failure::Refused(Refused {
                refusal: ExchangeRefusal::InvalidPin,
                why: None,
            })),
            // Revoked or expired since it was loaded.
            Err(StoreError::Conflict { .. }) => {
                Err(refused(ExchangeRefusal::InvalidToken, Reason::Revoked))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn refuse_exchange(&self, caller: &Caller, found: &WithUser, why: Option<Reason>) {
        match why {
            None => {}
            Some(Reason::UnknownToken) => self.count(Action::Exchange, Reason::UnknownToken),
            Some(reason) => self.record_later(caller, exchange_refused(found, reason)),
        }
    }
}

/// An exchange that was refused.
struct Refused {
    refusal: ExchangeRefusal,
    /// For the audit; `None` where it was written already.
    why: Option<Reason>,
}

fn refused(refusal: ExchangeRefusal, why: Reason) -> Failure<Refused> {
    let why = Some(why);
    Failure::Refused(Refused { refusal, why })
}

fn exchange_refused(found: &WithUser, reason: Reason) -> Event {
    let authentication = &found.authentication;
    Event::refused(Action::Exchange, reason, Actor::User(authentication.user))
        .partner(&found.partner)
        .subject(Subject::Authentication(authentication.id))
}

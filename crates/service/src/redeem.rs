//! Redeem a one-time token: sign in whom a partner vouches for.

mod examine;
mod named_user;
mod replay;

use std::sync::Arc;

use countersign_domain::api_key::{KeyRefusal, Scope};
use countersign_domain::asserted::resolve;
use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::authentication::{Authenticator, admit_user};
use countersign_domain::device::DeviceDescription;
use countersign_domain::epoch::{Epoch, Epochs};
use countersign_domain::id::{AuthenticationId, DeviceId, OneTimeTokenId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::key::SealingKeyId;
use countersign_domain::one_time::{Nonce, OneTime, Purpose, RedeemRefusal};
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::session::Amr;
use countersign_domain::token::{ApiKeyText, OneTimeToken, OpenError};
use countersign_domain::{Caller, Secret};
use countersign_store::{Batch, StoreError, redemptions};

use crate::open_session::SessionOf;
use crate::sign_in::SignIn;
use crate::{AuthenticationView, Failure, OpenedSession, Service};

pub use examine::Examined;
use named_user::{Written, changes, identities_of};

/// Times that a sign-in is decided anew because something changed under it.
const TRIES: usize = 4;

/// A redemption, as it is asked for.
#[derive(Clone, Debug)]
pub struct Redeem {
    /// The one-time token.
    pub token: Secret<String>,
    /// What whoever redeems made up for this attempt.
    pub nonce: Option<Nonce>,
    /// What is said of the device.
    pub description: DeviceDescription,
}

/// A user, signed in by a partner's word.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The authentication, with its token.
    pub authentication: AuthenticationView,
    /// A first session of it.
    pub session: OpenedSession,
    /// The user.
    pub user: UserId,
    /// Whose user it is.
    pub partner: Slug,
    /// At most one identity of each type.
    pub identities: Vec<Identity>,
}

/// Why a backend's redemption is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RedeemWithKeyRefusal {
    /// The API key is not let in.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The one-time token is not good.
    #[error(transparent)]
    Token(#[from] RedeemRefusal),
}

/// Who redeems, and what they may.
pub(crate) struct Redeemer {
    /// Who asks.
    pub(crate) caller: Caller,
    /// As whom.
    pub(crate) actor: Actor,
    /// Whose tokens are taken.
    pub(crate) partner: Slug,
    /// What holds for that partner.
    pub(crate) settings: Arc<PartnerSettings>,
    /// For which purposes.
    pub(crate) purposes: &'static [Purpose],
    /// What the person's own browser calls itself; nothing where an application redeems.
    pub(crate) user_agent: Option<String>,
}

/// A one-time token that was opened, and with what.
struct Opened {
    one_time: OneTime,
    sealed_with: SealingKeyId,
    nonce: Option<Nonce>,
    description: DeviceDescription,
}

impl Service {
    /// Redeems a one-time token for an application that binds it to its own browser state, so
    /// that both purposes are taken.
    ///
    /// # Errors
    /// [`RedeemWithKeyRefusal`].
    pub async fn redeem_with_key(
        &self,
        caller: &Caller,
        key: &ApiKeyText,
        redeem: Redeem,
    ) -> Result<SignedIn, Failure<RedeemWithKeyRefusal>> {
        let backend = self.backend(caller, key, Action::Redeem, Scope::Redeem);
        let backend = backend.await;
        let backend = backend.map_err(|failure| failure.map(RedeemWithKeyRefusal::Key))?;
        let redeemer = Redeemer {
            caller: caller.clone(),
            actor: Actor::ApiKey(backend.key.id),
            partner: backend.partner,
            settings: backend.settings,
            purposes: &Purpose::ALL,
            user_agent: None,
        };
        let redeemed = self.redeem(redeemer, redeem).await;
        redeemed.map_err(|failure| failure.map(RedeemWithKeyRefusal::Token))
    }

    /// Signs in whom a one-time token names, once: all that is written is one unit of work,
    /// of which the redemption is the first step. It goes on if the client hangs up; who lost
    /// the answer gets it once more with the same nonce.
    ///
    /// # Errors
    /// [`RedeemRefusal`].
    pub(crate) async fn redeem(
        &self,
        redeemer: Redeemer,
        redeem: Redeem,
    ) -> Result<SignedIn, Failure<RedeemRefusal>> {
        let service = self.clone();
        self.finish(async move {
            let opened = service.open_one_time(&redeem.token).await;
            let opened = opened.map(|(one_time, sealed_with)| Opened {
                one_time,
                sealed_with,
                nonce: redeem.nonce,
                description: redeem.description,
            });
            let subject = opened.as_ref().map(|opened| opened.one_time.id).ok();
            let decided = match &opened {
                Ok(opened) => service.decide(&redeemer, opened).await,
                Err(failure) => Err(failure.clone()),
            };
            if let Err(Failure::Refused(refusal)) = &decided {
                service.refuse_redemption(&redeemer, *refusal, subject);
            }
            decided
        })
        .await
    }

    fn refuse_redemption(
        &self,
        redeemer: &Redeemer,
        refusal: RedeemRefusal,
        token: Option<OneTimeTokenId>,
    ) {
        if token.is_none() && redeemer.actor == Actor::Anyone {
            return self.count(Action::Redeem, refusal.reason());
        }
        let event = Event::refused(Action::Redeem, refusal.reason(), redeemer.actor);
        let event = event.partner(&redeemer.partner);
        let event = match token {
            Some(id) => event.subject(Subject::OneTimeToken(id)),
            None => event,
        };
        self.record_later(&redeemer.caller, event);
    }

    async fn decide(
        &self,
        redeemer: &Redeemer,
        opened: &Opened,
    ) -> Result<SignedIn, Failure<RedeemRefusal>> {
        let one_time = &opened.one_time;
        let fits = one_time.fits(&redeemer.partner, redeemer.purposes);
        fits.map_err(Failure::Refused)?;
        let settings = &redeemer.settings;
        if !uses(settings, one_time.purpose) {
            return Err(Failure::Refused(RedeemRefusal::MechanismOff));
        }
        if one_time.is_over(self.now()) {
            let again = self.replay(redeemer, opened, settings).await?;
            return again.ok_or(Failure::Refused(RedeemRefusal::Expired));
        }
        for _ in 0..TRIES {
            match self.try_to_redeem_token(redeemer, opened, settings).await {
                Err(Failure::Store(error)) if redemptions::refused(&error) => {
                    if let Some(again) = self.replay(redeemer, opened, settings).await? {
                        return Ok(again);
                    }
                    return Err(Failure::Refused(self.why_ended(one_time).await?));
                }
                // The user or an identity changed since it was loaded: decide anew.
                Err(Failure::Store(StoreError::Conflict { .. })) => {}
                decided => return decided,
            }
        }
        let cause = "the user changed again and again".to_owned();
        Err(StoreError::Unavailable { cause }.into())
    }

    /// Why a token that was not redeemed cannot be: for the audit, since to who asks all are
    /// one.
    async fn why_ended(&self, one_time: &OneTime) -> Result<RedeemRefusal, StoreError> {
        let key = self.inner.store.api_key(one_time.key).await?;
        if key.is_none_or(|key| key.revoked_at.is_some()) {
            return Ok(RedeemRefusal::KeyRevoked);
        }
        if one_time.expires_at <= self.inner.store.redemption_floor().await? {
            return Ok(RedeemRefusal::BelowFloor);
        }
        Ok(RedeemRefusal::Ended)
    }

    /// What a one-time token says, and the key that it is sealed with.
    async fn open_one_time(
        &self,
        token: &Secret<String>,
    ) -> Result<(OneTime, SealingKeyId), Failure<RedeemRefusal>> {
        let none = || Failure::Refused(RedeemRefusal::NotAToken);
        let text = token.expose();
        let opened = match OneTimeToken::open(text, &self.inner.keys.ring()) {
            Err(OpenError::UnknownKey(id)) => {
                let ring = self.ring_with(id).await?.ok_or_else(none)?;
                OneTimeToken::open(text, &ring)
            }
            opened => opened,
        };
        opened.map_err(|_| none())
    }

    async fn try_to_redeem_token(
        &self,
        redeemer: &Redeemer,
        opened: &Opened,
        settings: &PartnerSettings,
    ) -> Result<SignedIn, Failure<RedeemRefusal>> {
        let one_time = &opened.one_time;
        let partner = &one_time.partner;
        // Before the epochs are read, as for every session.
        let now = self.now();
        let known = self.inner.store.users_by_asserted(partner, &one_time.user);
        let known = known.await?;
        let whom = resolve(&one_time.user, &known);
        if let Some(user) = whom.user {
            admit_user(user.status).map_err(|_| Failure::Refused(RedeemRefusal::Locked))?;
        }

        let id = AuthenticationId::generate(now, &*self.inner.entropy);
        let token = self.token_for(opened, id);
        let Written { user, epoch, steps } = self.write_user(partner, &whom, now);
        let device = DeviceId::generate(now, &*self.inner.entropy);
        let had = whom.user.iter().flat_map(|user| &user.identities);
        let who = SignIn {
            user: (user, epoch),
            token,
            device,
            known_device: false,
            proved: self.marks(partner, had.chain(&whom.gets)),
            device_name: &opened.description.name(redeemer.user_agent.as_deref()),
            description: &opened.description,
            authenticator: Authenticator::Partner,
            pin: None,
            begun_at: now,
        };
        let (sign_in, authentication) = self.sign_in(&who, settings, now);
        let event = redeemed(redeemer, opened, user, id, &changes(&whom));
        let event = match whom.elsewhere.as_slice() {
            [] => event,
            _ => event.note(Reason::IdentityElsewhere),
        };
        let batch = Batch::new()
            .then(redemptions::redeem(one_time, id, now))
            .then_all(steps)
            .then_all(sign_in)
            .then(self.record(&redeemer.caller, event, now));
        self.commit_detached(batch).await?;

        let identities = identities_of(&whom);
        let session = SessionOf {
            user,
            partner: partner.clone(),
            identities: identities.clone(),
            device,
            authentication: id,
            epochs: Epochs {
                user: epoch,
                authentication: Epoch::FIRST,
            },
            amr: Amr::of(Authenticator::Partner),
            authenticated_at: now,
            authentication_expires_at: authentication.expires_at,
        };
        Ok(SignedIn {
            session: self.seal_session(session, settings, now),
            authentication,
            user,
            partner: partner.clone(),
            identities,
        })
    }
}

/// What is written of a redemption.
fn redeemed(
    redeemer: &Redeemer,
    opened: &Opened,
    user: UserId,
    authentication: AuthenticationId,
    and: &str,
) -> Event {
    let one_time = &opened.one_time;
    Event::done(Action::Redeem, redeemer.actor)
        .partner(&redeemer.partner)
        .user(user)
        .subject(Subject::Authentication(authentication))
        .detail(format!(
            "{}, minted with the key {}{and}",
            one_time.purpose, one_time.key
        ))
}

/// Whether the partner's users come that way.
fn uses(settings: &PartnerSettings, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Link => settings.trust,
        Purpose::Force => settings.force,
    }
}

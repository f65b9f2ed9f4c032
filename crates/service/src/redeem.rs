//! Redeem a one-time token: sign in whom a partner vouches for.

use std::time::Duration;

use countersign_domain::api_key::{KeyRefusal, Scope};
use countersign_domain::asserted::{KnownUser, Whom, resolve};
use countersign_domain::authentication::{AuthenticationStatus, Authenticator, admit_user};
use countersign_domain::device::DeviceDescription;
use countersign_domain::epoch::{Epoch, Epochs};
use countersign_domain::id::{AuthenticationId, DeviceId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::key::{Keyring, SealingKeyId};
use countersign_domain::one_time::{Nonce, OneTime, Purpose, RedeemRefusal};
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::session::Amr;
use countersign_domain::token::{ApiKeyText, AuthenticationToken, OneTimeToken, OpenError};
use countersign_domain::user::one_of_each_type;
use countersign_domain::{Secret, Timestamp};
use countersign_store::{Batch, Step, StoreError, redemptions, users};

use crate::open_session::SessionOf;
use crate::sign_in::{SignIn, purge};
use crate::{AuthenticationView, Failure, OpenedSession, Service};

/// How long after a redemption the same nonce gets the same sign-in again.
const REPLAY_WITHIN: Duration = Duration::from_secs(60);
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
        key: &ApiKeyText,
        redeem: Redeem,
    ) -> Result<SignedIn, Failure<RedeemWithKeyRefusal>> {
        let backend = self.backend(key, Scope::Redeem).await;
        let backend = backend.map_err(|failure| failure.map(RedeemWithKeyRefusal::Key))?;
        let redeemed = self.redeem(redeem, &backend.partner, &Purpose::ALL).await;
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
        redeem: Redeem,
        partner: &Slug,
        purposes: &'static [Purpose],
    ) -> Result<SignedIn, Failure<RedeemRefusal>> {
        let (service, partner) = (self.clone(), partner.clone());
        self.finish(async move {
            let opened = service.open_one_time(redeem).await?;
            let one_time = &opened.one_time;
            one_time
                .fits(&partner, purposes)
                .map_err(Failure::Refused)?;
            let settings = service.inner.partners.settings(&partner);
            let settings = settings.filter(|settings| uses(settings, one_time.purpose));
            let settings = settings.ok_or(Failure::Refused(RedeemRefusal::MechanismOff))?;
            if one_time.is_over(service.now()) {
                return service
                    .replay(&opened, &settings, RedeemRefusal::Expired)
                    .await;
            }
            for _ in 0..TRIES {
                match service.try_to_redeem_token(&opened, &settings).await {
                    Err(Failure::Store(error)) if redemptions::refused(&error) => {
                        return service
                            .replay(&opened, &settings, RedeemRefusal::Ended)
                            .await;
                    }
                    // The user or an identity changed since it was loaded: decide anew.
                    Err(Failure::Store(StoreError::Conflict { .. })) => {}
                    decided => return decided,
                }
            }
            let cause = "the user changed again and again".to_owned();
            Err(StoreError::Unavailable { cause }.into())
        })
        .await
    }

    async fn open_one_time(&self, redeem: Redeem) -> Result<Opened, Failure<RedeemRefusal>> {
        let none = || Failure::Refused(RedeemRefusal::NotAToken);
        let text = redeem.token.expose();
        let opened = match OneTimeToken::open(text, &self.inner.keys.ring()) {
            Err(OpenError::UnknownKey(id)) => {
                let ring = self.ring_with(id).await?.ok_or_else(none)?;
                OneTimeToken::open(text, &ring)
            }
            opened => opened,
        };
        let (one_time, sealed_with) = opened.map_err(|_| none())?;
        Ok(Opened {
            one_time,
            sealed_with,
            nonce: redeem.nonce,
            description: redeem.description,
        })
    }

    async fn try_to_redeem_token(
        &self,
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
        let who = SignIn {
            user: (user, epoch),
            token,
            device,
            device_name: &opened.description.name(None),
            description: &opened.description,
            authenticator: Authenticator::Partner,
            pin: None,
            begun_at: now,
        };
        let (sign_in, authentication) = self.sign_in(&who, settings, now);
        let batch = Batch::new()
            .then(redemptions::redeem(one_time, id, now))
            .then_all(steps)
            .then_all(sign_in);
        self.commit(batch).await?;

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

    /// With a nonce, the token is the same whenever it is asked for.
    fn token_for(&self, opened: &Opened, id: AuthenticationId) -> AuthenticationToken {
        let derived = self.derived_token(opened, &self.inner.keys.ring(), id);
        derived.unwrap_or_else(|| AuthenticationToken::generate(id, &*self.inner.entropy))
    }

    fn derived_token(
        &self,
        opened: &Opened,
        ring: &Keyring,
        id: AuthenticationId,
    ) -> Option<AuthenticationToken> {
        let nonce = opened.nonce.as_ref()?;
        // The key that sealed the one-time token: whoever can open that has it as well.
        let secret = ring
            .get(opened.sealed_with)?
            .secret_of(opened.one_time.id, id, nonce);
        Some(AuthenticationToken::with_secret(id, &secret))
    }

    /// The user as the partner's word leaves it: created or found, its identities joined and
    /// proved.
    fn write_user(&self, partner: &Slug, whom: &Whom<'_>, now: Timestamp) -> Written {
        let (user, epoch, mut steps) = match whom.user {
            None => {
                let user = UserId::generate(now, &*self.inner.entropy);
                let insert = users::insert(user, partner, None, now);
                (user, Epoch::FIRST, vec![insert])
            }
            Some(known) => purged(known, now),
        };
        let prove = |identity| users::prove_identity(partner, identity, user, now);
        steps.extend(whom.has.iter().map(prove));
        let join = |identity| users::insert_identity(partner, identity, user, Some(now), now);
        steps.extend(whom.gets.iter().map(join));
        Written { user, epoch, steps }
    }

    /// The sign-in that the token was redeemed for, once more, if the nonce is the same; or
    /// why the token is refused: `unless` it was redeemed, for this.
    async fn replay(
        &self,
        opened: &Opened,
        settings: &PartnerSettings,
        unless: RedeemRefusal,
    ) -> Result<SignedIn, Failure<RedeemRefusal>> {
        let store = &self.inner.store;
        let redemption = store.redemption(opened.one_time.id).await?;
        let redemption = redemption.ok_or(Failure::Refused(unless))?;
        let used = || Failure::Refused(RedeemRefusal::Used);
        let now = self.now();
        let ring = self.ring_with(opened.sealed_with).await?.ok_or_else(used)?;
        let token = self
            .derived_token(opened, &ring, redemption.authentication)
            .filter(|_| now.since(redemption.at) <= REPLAY_WITHIN)
            .ok_or_else(used)?;
        let found = store.authentication(redemption.authentication).await?;
        let found = found.ok_or_else(used)?;
        let authentication = &found.authentication;
        let lives = authentication.status(now) == AuthenticationStatus::Created
            && admit_user(found.status).is_ok();
        if !authentication.token.matches(&token.hash()) || !lives {
            return Err(used());
        }
        let identities = one_of_each_type(&found.identities);
        let user = authentication.user;
        let view = AuthenticationView::of(authentication, Some(token), now);
        let amr = Amr::of(authentication.authenticator);
        let session = SessionOf::of(&found, authentication.epoch, amr);
        Ok(SignedIn {
            authentication: view,
            session: self.seal_session(session, settings, now),
            user,
            partner: found.partner,
            identities,
        })
    }
}

/// What is written of a user, who then has this epoch.
struct Written {
    user: UserId,
    epoch: Epoch,
    steps: Vec<Step>,
}

/// A known user, without a password that was never proved to be its own.
fn purged(known: &KnownUser, now: Timestamp) -> (UserId, Epoch, Vec<Step>) {
    if known.unproved_password {
        let (epoch, steps) = purge(known.id, known.epoch, now);
        return (known.id, epoch, steps.into());
    }
    (known.id, known.epoch, Vec::new())
}

/// The user's identities after it, one of each type: what the partner says before the rest.
fn identities_of(whom: &Whom<'_>) -> Vec<Identity> {
    let rest = whom.user.map_or(&[][..], |user| &user.identities);
    let said = whom.has.iter().chain(&whom.gets);
    one_of_each_type(&said.chain(rest).cloned().collect::<Vec<_>>())
}

/// Whether the partner's users come that way.
fn uses(settings: &PartnerSettings, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Link => settings.trust,
        Purpose::Force => settings.force,
    }
}

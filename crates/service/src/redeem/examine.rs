//! What a page may know of a one-time token before anybody presses a button: it is looked at,
//! and nothing of it is used up.

use countersign_domain::asserted::resolve;
use countersign_domain::audit::Actor;
use countersign_domain::authentication::admit_user;
use countersign_domain::device::DeviceDescription;
use countersign_domain::id::UserId;
use countersign_domain::identity::known_as;
use countersign_domain::one_time::{Nonce, Purpose, RedeemRefusal};
use countersign_domain::token::AuthenticationToken;
use countersign_domain::{Caller, Secret};
use countersign_store::StoreError;

use super::{Redeem, Redeemer, SignedIn, uses};
use crate::partners::Site;
use crate::{Failure, Service};

/// A one-time token that could be redeemed now.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Whom it would sign in, if that user is here already.
    pub user: Option<UserId>,
    /// What shows the person as whom they go on, most of it hidden; `None` where the partner
    /// says nothing that they would know.
    pub as_whom: Option<String>,
    /// Whether the partner's app opens it.
    pub from_app: bool,
}

impl Service {
    /// Whether a link's one-time token was made for the partner's app; nothing else of it is
    /// looked at, and of what is none it is not said.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be known.
    pub async fn is_from_app(&self, token: &Secret<String>) -> Result<bool, StoreError> {
        match self.open_one_time(token).await {
            Ok((one_time, _)) => Ok(one_time.from_app),
            Err(Failure::Refused(_) | Failure::Overloaded(_)) => Ok(false),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    /// Looks at a one-time token that a browser brings to a partner's pages, where somebody is
    /// signed in or not. Nothing is used up.
    ///
    /// # Errors
    /// [`RedeemRefusal`], as redeeming would answer now. [`RedeemRefusal::Ended`] shows only
    /// when it is redeemed.
    pub async fn examine(
        &self,
        caller: &Caller,
        site: &Site,
        token: &Secret<String>,
        purpose: Purpose,
        signed_in: bool,
    ) -> Result<Examined, Failure<RedeemRefusal>> {
        let redeemer = on_page(caller, site, purpose);
        let opened = match self.open_one_time(token).await {
            Ok((one_time, _)) => one_time,
            Err(failure) => {
                if let Failure::Refused(refusal) = &failure {
                    self.refuse_redemption(&redeemer, *refusal, None);
                }
                return Err(failure);
            }
        };
        let refuse = |refusal| {
            self.refuse_redemption(&redeemer, refusal, Some(opened.id));
            Failure::Refused(refusal)
        };
        let fits = opened.fits(&site.partner, redeemer.purposes);
        fits.map_err(refuse)?;
        if !uses(&site.settings, purpose) {
            return Err(refuse(RedeemRefusal::MechanismOff));
        }
        let store = &self.inner.store;
        if store.redemption(opened.id).await?.is_some() {
            // Who is signed in goes on all the same, and nothing was refused.
            let used = RedeemRefusal::Used;
            return Err(if signed_in {
                Failure::Refused(used)
            } else {
                refuse(used)
            });
        }
        if opened.is_over(self.now()) {
            return Err(refuse(RedeemRefusal::Expired));
        }
        let key = store.api_key(opened.key).await?;
        if key.is_none_or(|key| key.revoked_at.is_some()) {
            return Err(refuse(RedeemRefusal::KeyRevoked));
        }
        let known = store
            .users_by_asserted(&opened.partner, &opened.user)
            .await?;
        let whom = resolve(&opened.user, &known);
        if let Some(user) = whom.user {
            admit_user(user.status).map_err(|_| refuse(RedeemRefusal::Locked))?;
        }
        Ok(Examined {
            user: whom.user.map(|user| user.id),
            as_whom: known_as(opened.user.identities()),
            from_app: opened.from_app,
        })
    }

    /// Redeems a one-time token that a person brought to a partner's pages, and ends what the
    /// browser was signed in as before: it does not stay behind as another device.
    ///
    /// # Errors
    /// [`RedeemRefusal`].
    pub async fn redeem_on_page(
        &self,
        caller: &Caller,
        site: &Site,
        (token, purpose): (&Secret<String>, Purpose),
        nonce: Nonce,
        before: Option<AuthenticationToken>,
    ) -> Result<SignedIn, Failure<RedeemRefusal>> {
        let redeem = Redeem {
            token: token.clone(),
            nonce: Some(nonce),
            description: DeviceDescription::default(),
        };
        let signed_in = self.redeem(on_page(caller, site, purpose), redeem).await?;
        // Whoever presses again gets the same sign-in, and this is tried again.
        self.end_former(caller, before, signed_in.authentication.id)
            .await?;
        Ok(signed_in)
    }
}

fn on_page(caller: &Caller, site: &Site, purpose: Purpose) -> Redeemer {
    Redeemer {
        caller: caller.clone(),
        actor: Actor::Anyone,
        partner: site.partner.clone(),
        settings: site.settings.clone(),
        purposes: match purpose {
            Purpose::Link => &[Purpose::Link],
            Purpose::Force => &[Purpose::Force],
        },
        user_agent: caller.user_agent.clone(),
    }
}

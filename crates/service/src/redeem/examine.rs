//! What a page may know of a one-time token before anybody presses a button: it is looked at,
//! and nothing of it is used up.

use countersign_domain::asserted::resolve;
use countersign_domain::audit::Actor;
use countersign_domain::authentication::admit_user;
use countersign_domain::device::DeviceDescription;
use countersign_domain::id::UserId;
use countersign_domain::identity::IdentityType;
use countersign_domain::one_time::{Nonce, Purpose, RedeemRefusal};
use countersign_domain::token::AuthenticationToken;
use countersign_domain::{Caller, Secret};

use super::{Redeem, Redeemer, SignedIn, uses};
use crate::partners::Site;
use crate::{Credential, Failure, Service};

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

/// For what a one-time token is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Looking {
    /// Whether somebody is signed in in that browser.
    pub signed_in: bool,
    /// Whether a page follows that looks once more: what is refused is written there alone.
    pub on_the_way: bool,
}

impl Service {
    /// Looks at a one-time token that a browser brings to a partner's pages. Nothing is used up.
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
        looking: Looking,
    ) -> Result<Examined, Failure<RedeemRefusal>> {
        let redeemer = on_page(caller, site, purpose);
        let redeem = Redeem {
            token: token.clone(),
            nonce: None,
            description: DeviceDescription::default(),
        };
        let opened = match self.open_one_time(redeem).await {
            Ok(opened) => opened.one_time,
            Err(failure) => {
                if let Failure::Refused(refusal) = &failure
                    && !looking.on_the_way
                {
                    self.refuse_redemption(&redeemer, *refusal, None);
                }
                return Err(failure);
            }
        };
        let refuse = |refusal| {
            if !looking.on_the_way {
                self.refuse_redemption(&redeemer, refusal, Some(opened.id));
            }
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
            return Err(if looking.signed_in {
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
        let mut said = opened.user.identities().iter();
        let shown = said.find(|identity| identity.kind() != IdentityType::UserId);
        Ok(Examined {
            user: whom.user.map(|user| user.id),
            as_whom: shown.map(|identity| identity.masked()),
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
        if let Some(before) = before.filter(|it| it.id() != signed_in.authentication.id) {
            let id = before.id();
            let credential = Credential::Authentication(before);
            match self.sign_out(caller, id, &credential).await {
                // What is unknown is as good as ended.
                Ok(()) | Err(Failure::Refused(_)) => {}
                // Whoever presses again gets the same sign-in, and this is tried again.
                Err(Failure::Overloaded(after)) => return Err(Failure::Overloaded(after)),
                Err(Failure::Store(error)) => return Err(error.into()),
            }
        }
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

//! Request a password reset: a code goes to an address of the user.

use std::time::Duration;

use countersign_domain::audit::{Action, Reason};
use countersign_domain::authentication::{Authenticator, Channel};
use countersign_domain::id::PasswordResetId;
use countersign_domain::identity::Identity;
use countersign_domain::locale::Locale;
use countersign_domain::message::{About, Content};
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::password_reset::{AddressOwner, LIFE, PasswordReset};
use countersign_domain::sms::SmsRefusal;
use countersign_domain::token::ResetCode;
use countersign_domain::{Caller, Secret};
use countersign_store::password_resets;

use crate::send::{SendRefusal, ToSend};
use crate::{Failure, Service};

/// A request for a reset code.
#[derive(Clone, Debug)]
pub struct RequestPasswordReset {
    /// Whose user; the default partner's where it is not said.
    pub partner: Slug,
    /// Where the code goes.
    pub identity: Identity,
    /// The person's language, where it is known.
    pub locale: Option<Locale>,
    /// The authentication token that the device had before: what is sent to it is then counted
    /// by itself.
    pub device_token: Option<Secret<String>>,
}

/// Why no reset code is sent to anybody this way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestResetRefusal {
    /// There is no such partner.
    #[error("there is no such partner")]
    UnknownPartner,
    /// The partner does not allow passwords, or codes by this channel, or nothing is set up to
    /// send them.
    #[error("this authenticator is not available")]
    AuthenticatorUnavailable,
    /// Nothing can be sent to such an identity.
    #[error("reset codes go to an e-mail address or a phone number")]
    WrongIdentityType,
    /// Too many were sent to this identity, or asked for; the next may be after this long.
    #[error("too many; the next may be sent in {} s", .0.as_secs())]
    TooMany(Duration),
    /// No SMS is sent to this number now.
    #[error(transparent)]
    Sms(#[from] SmsRefusal),
}

impl RequestResetRefusal {
    /// The same for the audit.
    fn reason(self) -> Reason {
        match self {
            Self::UnknownPartner => Reason::UnknownPartner,
            Self::AuthenticatorUnavailable => Reason::AuthenticatorOff,
            Self::WrongIdentityType => Reason::WrongIdentityType,
            Self::TooMany(_) => Reason::RateLimited,
            Self::Sms(refusal) => refusal.reason(),
        }
    }
}

impl Service {
    /// Sends a code with which a user sets a new password. Codes sent before stay good until
    /// one of them is redeemed: a late mail strands nobody.
    ///
    /// Where the address is nobody's, or not proved to be the user's, or the user is locked,
    /// nothing is sent, and nothing else is different.
    ///
    /// # Errors
    /// [`RequestResetRefusal`].
    pub async fn request_password_reset(
        &self,
        caller: &Caller,
        request: RequestPasswordReset,
    ) -> Result<(), Failure<RequestResetRefusal>> {
        let settings = self.inner.partners.settings(&request.partner);
        let settings = settings.ok_or(RequestResetRefusal::UnknownPartner);
        let admitted = settings.and_then(|settings| {
            let channel = self.reset_channel(&request.identity, &settings)?;
            Ok((settings, channel))
        });
        let (settings, channel) = admitted.map_err(|refusal| {
            self.count(Action::ResetPassword, refusal.reason());
            Failure::Refused(refusal)
        })?;
        let (service, caller) = (self.clone(), caller.clone());
        self.finish(async move {
            let sent = service.send_reset(&caller, request, channel, &settings);
            sent.await
        })
        .await
    }

    /// By what a reset code goes there. Whoever may set a password with a code could as well
    /// log in with one, so that the partner's switches of both hold.
    fn reset_channel(
        &self,
        identity: &Identity,
        settings: &PartnerSettings,
    ) -> Result<Channel, RequestResetRefusal> {
        let channel = Channel::to(identity.kind());
        let channel = channel.ok_or(RequestResetRefusal::WrongIdentityType)?;
        let allowed = Authenticator::Password.allowed_by(settings)
            && Authenticator::from(channel).allowed_by(settings)
            && self.inner.delivery.sends(channel);
        allowed
            .then_some(channel)
            .ok_or(RequestResetRefusal::AuthenticatorUnavailable)
    }

    async fn send_reset(
        &self,
        caller: &Caller,
        request: RequestPasswordReset,
        channel: Channel,
        settings: &PartnerSettings,
    ) -> Result<(), Failure<RequestResetRefusal>> {
        let (partner, identity) = (request.partner, request.identity);
        let stored = self.inner.store.user_by_identity(&partner, &identity);
        let stored = stored.await?;
        let token = request.device_token.as_ref();
        let user = stored.as_ref().map(|stored| &stored.user);
        let known_device = self.known_device(&partner, token, user).await?;
        let owner = stored.as_ref().map(|stored| stored.owner_of(&identity));
        let user = owner.as_ref().and_then(AddressOwner::may_reset);

        let now = self.now();
        let entropy = &*self.inner.entropy;
        let code = ResetCode::generate(PasswordResetId::generate(now, entropy), entropy);
        let reset = PasswordReset {
            id: code.id(),
            partner,
            identity,
            user,
            code: code.hash(),
            created_at: now,
            expires_at: now.plus(LIFE),
            redeemed_at: None,
        };
        let to_send = ToSend {
            partner: &reset.partner,
            channel,
            to: &reset.identity,
            content: Content::PasswordReset(code),
            about: About {
                user: user.map(|(user, _)| user),
                challenge: None,
            },
            awaited: user.is_some(),
            locale: request.locale.as_ref(),
            expires_at: reset.expires_at,
            known_device,
        };
        let steps = [password_resets::insert(&reset)];
        let sent = self.send(caller, to_send, settings, steps, now).await;
        sent.map_err(|failure| {
            failure.map(|refusal| {
                let refusal = match refusal {
                    SendRefusal::TooMany(wait) => RequestResetRefusal::TooMany(wait),
                    SendRefusal::Sms(refusal) => RequestResetRefusal::Sms(refusal),
                };
                self.count(Action::ResetPassword, refusal.reason());
                refusal
            })
        })
    }
}

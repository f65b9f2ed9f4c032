//! Begin a challenge: the first step of a log-in in two.

use countersign_domain::Caller;
use countersign_domain::audit::Action;
use countersign_domain::authentication::Channel;
use countersign_domain::challenge::{Candidate, Challenge, Code, SentCode};
use countersign_domain::id::{AuthenticationId, DeviceId};
use countersign_domain::partner::PartnerSettings;
use countersign_store::challenges;

use crate::limits::{Attempt, Limited};
use crate::send::{SendRefusal, ToSend};
use crate::{AuthenticationView, Failure, LogIn, LogInRefusal, Service};

impl Service {
    /// Sends the code of a log-in in two steps. Where nobody would be signed in nothing is
    /// sent, and nothing else is different.
    pub(crate) async fn begin_challenge(
        &self,
        caller: &Caller,
        log_in: LogIn,
        channel: Channel,
        settings: &PartnerSettings,
    ) -> Result<AuthenticationView, Failure<LogInRefusal>> {
        let stored = self
            .inner
            .store
            .user_by_identity(&log_in.partner, &log_in.identity)
            .await?;
        let user = stored.as_ref().map(|stored| &stored.user);
        let token = log_in.device_token.as_ref();
        let known = self.known_device(&log_in.partner, token, user).await?;
        let counted = self.counted(&log_in.partner, &log_in.identity, known);
        let guess = Attempt {
            counted,
            partner: &log_in.partner,
            authenticator: channel.into(),
            limits: &settings.limits,
        };
        if self.is_switched_off(&guess).await? {
            return Err(self.limit_log_in(caller, user, channel.into(), Limited::SwitchedOff));
        }
        let candidate = Candidate::of(user, settings.sign_up);

        let now = self.now();
        let entropy = &*self.inner.entropy;
        let keys = self.inner.keys.ring();
        let id = AuthenticationId::generate(now, entropy);
        let code = Code::generate(entropy);
        let sent = SentCode {
            hash: code.hash(keys.current(), id),
            expires_at: now.plus(settings.code_life),
        };
        let challenge = Challenge {
            id,
            partner: log_in.partner,
            identity: log_in.identity,
            channel,
            candidate,
            device: known.unwrap_or_else(|| DeviceId::generate(now, entropy)),
            known_device: known.is_some(),
            device_name: log_in.description.name(caller.user_agent.as_deref()),
            description: log_in.description,
            pin: log_in.pin.as_ref().map(|pin| pin.hash(keys.current(), id)),
            locale: log_in.locale,
            guesses: 0,
            sends: 1,
            sent_at: now,
            created_at: now,
            updated_at: now,
            expires_at: sent.expires_at,
            redeemed_at: None,
        };
        let awaited = candidate != Candidate::Decoy;
        let to_send = ToSend::code(&challenge, code, &sent, awaited);
        let steps = challenges::insert(&challenge, &sent);
        let sent = self.send(caller, to_send, settings, steps, now).await;
        sent.map_err(|failure| match failure {
            Failure::Refused(SendRefusal::TooMany(wait)) => {
                self.limit_log_in(caller, user, channel.into(), Limited::TooMany(wait))
            }
            Failure::Refused(SendRefusal::Sms(refusal)) => {
                self.count(Action::LogIn, refusal.reason());
                Failure::Refused(LogInRefusal::Sms(refusal))
            }
            Failure::Overloaded(after) => Failure::Overloaded(after),
            Failure::Store(error) => Failure::Store(error),
        })?;
        Ok(AuthenticationView::pending(&challenge))
    }
}

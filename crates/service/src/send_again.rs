//! Send a challenge's code again.

use countersign_domain::Caller;
use countersign_domain::audit::{Action, Reason};
use countersign_domain::challenge::{Challenge, Code, SendAgainRefusal, SentCode};
use countersign_domain::id::AuthenticationId;
use countersign_store::{StoreError, challenges};

use crate::send::{SendRefusal, ToSend};
use crate::{Failure, Service};

impl Service {
    /// Sends a new code for a challenge. Those sent before stay good until they expire.
    ///
    /// Where nobody would be signed in, nothing is sent, and the answer is the same.
    ///
    /// # Errors
    /// [`SendAgainRefusal`].
    pub async fn send_again(
        &self,
        caller: &Caller,
        id: AuthenticationId,
    ) -> Result<(), Failure<SendAgainRefusal>> {
        let (service, caller) = (self.clone(), caller.clone());
        self.finish(async move {
            let challenge = service.sendable(id).await?;
            let partner = &challenge.partner;
            let settings = service.inner.partners.settings(partner);
            let settings = settings.ok_or(Failure::Refused(SendAgainRefusal::Over))?;
            let guess = service.guess_of(&challenge, &settings.limits);
            if service.is_switched_off(&guess).await? {
                service.refuse_guess(&caller, &challenge, Reason::SwitchedOff);
                return Err(Failure::Refused(SendAgainRefusal::Over));
            }
            let identity = &challenge.identity;
            let stored = service
                .inner
                .store
                .user_by_identity(partner, identity)
                .await?;
            let user = stored.as_ref().map(|stored| &stored.user);
            let would_sign_in = challenge.candidate.confirm(user, settings.sign_up).is_ok();

            let now = service.now();
            let code = Code::generate(&*service.inner.entropy);
            let sent = SentCode {
                hash: code.hash(service.inner.keys.ring().current(), id),
                expires_at: now.plus(settings.code_life),
            };
            let to_send = ToSend::code(&challenge, code, &sent, would_sign_in);
            let steps = challenges::send_again(id, &sent, now);
            match service.send(&caller, to_send, &settings, steps, now).await {
                Ok(()) => Ok(()),
                Err(Failure::Refused(SendRefusal::TooMany(wait))) => {
                    service.refuse_guess(&caller, &challenge, Reason::RateLimited);
                    Err(Failure::Refused(SendAgainRefusal::TooSoon(wait)))
                }
                // Somebody was faster: the state says why, or that it is too soon now.
                Err(Failure::Store(StoreError::Conflict { .. })) => {
                    service.sendable(id).await?;
                    Err(Failure::Refused(SendAgainRefusal::Over))
                }
                Err(Failure::Refused(SendRefusal::Sms(refusal))) => {
                    service.count(Action::LogIn, refusal.reason());
                    Err(Failure::Refused(refusal.into()))
                }
                Err(Failure::Overloaded(after)) => Err(Failure::Overloaded(after)),
                Err(Failure::Store(error)) => Err(error.into()),
            }
        })
        .await
    }

    async fn sendable(&self, id: AuthenticationId) -> Result<Challenge, Failure<SendAgainRefusal>> {
        let challenge = self.inner.store.challenge(id).await?;
        let challenge = challenge.ok_or(Failure::Refused(SendAgainRefusal::Over))?;
        challenge
            .may_send_again(self.now())
            .map_err(Failure::Refused)?;
        Ok(challenge)
    }
}

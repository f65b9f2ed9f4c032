//! Show what a challenge stands at, to the browser that holds its page; and begin it again.

use countersign_domain::authentication::Channel;
use countersign_domain::challenge::{Challenge, GUESSES, SEND_AGAIN_AFTER, SENDS};
use countersign_domain::device::DeviceDescription;
use countersign_domain::id::{AuthenticationId, DeviceId};
use countersign_domain::locale::Locale;
use countersign_domain::partner::Slug;
use countersign_domain::{Caller, Secret, Timestamp};
use countersign_store::StoreError;

use crate::{AuthenticationView, Failure, LogIn, LogInRefusal, Proof, Service};

/// What a challenge stands at. A decoy's is like any other's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Guesses that it still takes.
    pub tries_left: i64,
    /// Whether it was redeemed.
    pub redeemed: bool,
    /// From when on its codes are refused.
    pub expires_at: Timestamp,
    /// Codes sent so far.
    pub sends: i64,
    /// From when on another may be sent for it; `None` where none may.
    pub send_again_at: Option<Timestamp>,
}

impl Standing {
    /// Whether it still takes guesses.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.redeemed && self.tries_left > 0 && now < self.expires_at
    }
}

/// A log-in that begins again where a challenge is over.
#[derive(Clone, Debug)]
pub struct BeginAgain {
    /// The challenge that is over.
    pub challenge: AuthenticationId,
    /// What the client says of its device.
    pub description: DeviceDescription,
    /// The person's language, where it is known.
    pub locale: Option<Locale>,
    /// The authentication token that the device had before.
    pub device_token: Option<Secret<String>>,
}

impl Service {
    /// What a challenge of this partner stands at; `None` where there is none any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing(
        &self,
        partner: &Slug,
        id: AuthenticationId,
    ) -> Result<Option<Standing>, StoreError> {
        let Some(challenge) = self.challenge_of(partner, id).await? else {
            return Ok(None);
        };
        let now = self.now();
        let send_again_at = self.send_again_at(&challenge, now).await?;
        Ok(Some(Standing {
            tries_left: (GUESSES - challenge.guesses).max(0),
            redeemed: challenge.redeemed_at.is_some(),
            expires_at: challenge.expires_at,
            sends: challenge.sends,
            send_again_at,
        }))
    }

    /// Begins a log-in to where the challenge went, by the same channel.
    ///
    /// # Errors
    /// [`LogInRefusal`]; `None` where the challenge is long gone.
    pub async fn begin_again(
        &self,
        caller: &Caller,
        partner: &Slug,
        again: BeginAgain,
    ) -> Result<Option<(AuthenticationView, Channel)>, Failure<LogInRefusal>> {
        let Some(challenge) = self.challenge_of(partner, again.challenge).await? else {
            return Ok(None);
        };
        let log_in = LogIn {
            partner: challenge.partner,
            identity: challenge.identity,
            proof: Proof::Code(challenge.channel),
            pin: None,
            description: again.description,
            locale: again.locale,
            device_token: again.device_token,
        };
        let begun = self.log_in(caller, log_in).await?;
        Ok(Some((begun, challenge.channel)))
    }

    async fn challenge_of(
        &self,
        partner: &Slug,
        id: AuthenticationId,
    ) -> Result<Option<Challenge>, StoreError> {
        let challenge = self.inner.store.challenge(id).await?;
        Ok(challenge.filter(|challenge| challenge.partner == *partner))
    }

    async fn send_again_at(
        &self,
        challenge: &Challenge,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let partner = &challenge.partner;
        let Some(settings) = self.inner.partners.settings(partner) else {
            return Ok(None);
        };
        // As what is sent is counted: all known devices have the same codes.
        let known = challenge.known_device.then_some(DeviceId::NIL);
        let counted = self.counted(partner, &challenge.identity, known);
        let wait = self.send_wait(&counted, &settings.limits, now).await?;
        let of_challenge = challenge.sent_at.plus(SEND_AGAIN_AFTER);
        let at = if settings.limits.dry_run {
            of_challenge
        } else {
            of_challenge.max(now.plus(wait))
        };
        let sendable = challenge.sends < SENDS && at < challenge.expires_at;
        Ok(sendable.then_some(at))
    }
}

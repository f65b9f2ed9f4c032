//! The same sign-in once more, for who lost the answer.
//!
//! With a nonce, the authentication token is derived from it, so that it can be answered again
//! although only its hash is kept.

use countersign_domain::authentication::{AuthenticationStatus, admit_user};
use countersign_domain::id::AuthenticationId;
use countersign_domain::key::Keyring;
use countersign_domain::one_time::{RedeemRefusal, may_replay};
use countersign_domain::partner::PartnerSettings;
use countersign_domain::session::Amr;
use countersign_domain::token::AuthenticationToken;
use countersign_store::Batch;

use super::{Opened, Redeemer, SignedIn, redeemed};
use crate::open_session::SessionOf;
use crate::{AuthenticationView, Failure, Service};

impl Service {
    /// The token of a fresh authentication.
    pub(super) fn token_for(&self, opened: &Opened, id: AuthenticationId) -> AuthenticationToken {
        let derived = derived_token(opened, &self.inner.keys.ring(), id);
        derived.unwrap_or_else(|| AuthenticationToken::generate(id, &*self.inner.entropy))
    }

    /// The sign-in that the token was redeemed for, once more, if the nonce is the same; `None`
    /// if it was not redeemed.
    pub(super) async fn replay(
        &self,
        redeemer: &Redeemer,
        opened: &Opened,
        settings: &PartnerSettings,
    ) -> Result<Option<SignedIn>, Failure<RedeemRefusal>> {
        let store = &self.inner.store;
        let Some(redemption) = store.redemption(opened.one_time.id).await? else {
            return Ok(None);
        };
        let used = || Failure::Refused(RedeemRefusal::Used);
        let now = self.now();
        let ring = self.ring_with(opened.sealed_with).await?;
        let token = ring
            .and_then(|ring| derived_token(opened, &ring, redemption.authentication))
            .filter(|_| may_replay(redemption.at, now))
            .ok_or_else(used)?;
        let found = store.authentication(redemption.authentication).await?;
        let found = found.ok_or_else(used)?;
        let authentication = &found.authentication;
        let lives = authentication.status(now) == AuthenticationStatus::Created
            && admit_user(found.status).is_ok();
        if !authentication.token.matches(&token.hash()) || !lives {
            return Err(used());
        }
        let (user, id) = (authentication.user, authentication.id);
        let event = redeemed(
            redeemer,
            opened,
            user,
            id,
            ", once more with the same nonce",
        );
        self.commit_detached(Batch::new().then(self.record(&redeemer.caller, event, now)))
            .await?;
        let amr = Amr::of(authentication.authenticator);
        let session = SessionOf::of(&found, authentication.epoch, amr);
        Ok(Some(SignedIn {
            identities: session.identities.clone(),
            session: self.seal_session(session, settings, now),
            authentication: AuthenticationView::of(authentication, Some(token), now),
            user: found.authentication.user,
            partner: found.partner,
        }))
    }
}

/// With a nonce, the token is the same whenever it is asked for.
fn derived_token(
    opened: &Opened,
    ring: &Keyring,
    id: AuthenticationId,
) -> Option<AuthenticationToken> {
    let nonce = opened.nonce.as_ref()?;
    // The key that sealed the one-time token: whoever can open that has it as well.
    let key = ring.get(opened.sealed_with)?;
    let secret = key.secret_of(opened.one_time.id, id, nonce);
    Some(AuthenticationToken::with_secret(id, &secret))
}

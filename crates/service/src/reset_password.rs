//! Reset a password: who brings the code sets another.

use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::authentication::{Authenticator, Channel};
use countersign_domain::epoch::Epoch;
use countersign_domain::id::UserId;
use countersign_domain::password::{InvalidPassword, Owner};
use countersign_domain::password_reset::PasswordReset;
use countersign_domain::token::ResetCode;
use countersign_domain::user::User;
use countersign_domain::{Caller, Secret};
use countersign_store::{Batch, StoreError, limits, password_resets, users};

use crate::choose_password::{choose, end_all_of};
use crate::{Failure, Service};

/// Why no password was set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ResetPasswordRefusal {
    /// The code is wrong, used or over, or its user is not as it was: nothing tells which.
    #[error("the reset code is wrong, used or over")]
    InvalidCode,
    /// The partner does not allow passwords any more.
    #[error("this authenticator is not available")]
    AuthenticatorUnavailable,
    /// The password cannot be one. The code is as good as before.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
}

impl Service {
    /// Sets the password of the user to whom this code was sent, once, and ends all that the
    /// user was signed in with. Nobody is signed in by it.
    ///
    /// # Errors
    /// [`ResetPasswordRefusal`].
    pub async fn reset_password(
        &self,
        caller: &Caller,
        code: &Secret<String>,
        password: &Secret<String>,
    ) -> Result<(), Failure<ResetPasswordRefusal>> {
        let Ok(code) = ResetCode::parse(code.expose()) else {
            self.count(Action::ResetPassword, Reason::UnknownReset);
            return Err(Failure::Refused(ResetPasswordRefusal::InvalidCode));
        };
        let (service, caller, password) = (self.clone(), caller.clone(), password.clone());
        self.finish(async move { service.try_to_reset(&caller, &code, &password).await })
            .await
    }

    async fn try_to_reset(
        &self,
        caller: &Caller,
        code: &ResetCode,
        password: &Secret<String>,
    ) -> Result<(), Failure<ResetPasswordRefusal>> {
        let Some(reset) = self.inner.store.password_reset(code.id()).await? else {
            self.count(Action::ResetPassword, Reason::UnknownReset);
            return Err(Failure::Refused(ResetPasswordRefusal::InvalidCode));
        };
        let refuse = |reason| self.refuse_reset(caller, &reset, reason);
        let (partner, identity) = (&reset.partner, &reset.identity);
        let as_of = reset.check(&code.hash(), self.now()).map_err(refuse)?;
        let stored = self.inner.store.user_by_identity(partner, identity).await?;
        let owner = stored.as_ref().map(|stored| stored.owner_of(identity));
        reset.confirm(owner).map_err(refuse)?;
        let (Some(stored), Some(settings)) = (&stored, self.inner.partners.settings(partner))
        else {
            return Err(refuse(Reason::UserChanged));
        };
        if !Authenticator::Password.allowed_by(&settings) {
            refuse(Reason::AuthenticatorOff);
            return Err(Failure::Refused(
                ResetPasswordRefusal::AuthenticatorUnavailable,
            ));
        }
        let owner = Owner {
            partner,
            settings: &settings,
            identities: &stored.user.identities,
        };
        let chosen = choose(
            password,
            &owner,
            &self.inner.breached,
            &self.inner.passwords,
        )
        .await;
        let hash = chosen.map_err(|failure| {
            if let Failure::Refused(invalid) = &failure {
                let event = refused(&reset, Reason::PasswordRefused).detail(invalid.word());
                self.record_later(caller, event);
            }
            failure.map(ResetPasswordRefusal::Password)
        })?;
        let set = self.commit_reset(caller, &reset, (&stored.user, as_of), &hash);
        match set.await {
            Err(StoreError::Conflict { .. }) => {
                // Another was faster with the code, or with the user.
                let after = self.inner.store.password_reset(reset.id).await?;
                let used = after.is_some_and(|after| after.redeemed_at.is_some());
                let reason = [Reason::UserChanged, Reason::Used][usize::from(used)];
                Err(refuse(reason))
            }
            set => Ok(set?),
        }
    }

    /// One unit of work: the code is used, the password set, all else of the user ended.
    async fn commit_reset(
        &self,
        caller: &Caller,
        reset: &PasswordReset,
        (user, as_of): (&User, (UserId, Epoch)),
        hash: &str,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let event = Event::done(Action::ResetPassword, Actor::User(user.id))
            .partner(&reset.partner)
            .subject(Subject::PasswordReset(reset.id))
            .detail(reset.identity.kind().as_str());
        let marks = self.marks(&user.partner, &user.identities);
        let mark = self.inner.limit_key.mark(&reset.partner, &reset.identity);
        let channel = Channel::to(reset.identity.kind());
        let came_back = channel.map(|channel| limits::code_came_back(mark, channel));
        let prove = users::prove_identity(&reset.partner, &reset.identity, user.id, now);
        let used = self.sms_used(&reset.partner, &reset.identity, reset.created_at);
        let batch = Batch::new()
            .then(password_resets::redeem(reset.id, now))
            .then_all(used)
            .then(users::reset_password(as_of, hash, now))
            .then_all(end_all_of(user.id, now))
            .then_all(marks.into_iter().map(limits::password_set))
            .then_all(came_back)
            .then(prove)
            .then(self.record(caller, event, now));
        self.commit(batch).await.map(drop)
    }

    /// Behind the answer: what is wrong is nobody's to know but the operator's.
    fn refuse_reset(
        &self,
        caller: &Caller,
        reset: &PasswordReset,
        reason: Reason,
    ) -> Failure<ResetPasswordRefusal> {
        if reset.user.is_some() && reason != Reason::UnknownReset {
            self.record_later(caller, refused(reset, reason));
        } else {
            self.count(Action::ResetPassword, reason);
        }
        Failure::Refused(ResetPasswordRefusal::InvalidCode)
    }
}

fn refused(reset: &PasswordReset, reason: Reason) -> Event {
    let event = Event::refused(Action::ResetPassword, reason, Actor::Anyone)
        .partner(&reset.partner)
        .subject(Subject::PasswordReset(reset.id));
    match reset.user {
        Some((user, _)) => event.user(user),
        None => event,
    }
}

//! Users, as an operator adds, shows, locks, unlocks and deletes them.

use std::sync::Arc;

use countersign_domain::audit::{Action, Event};
use countersign_domain::id::UserId;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_domain::password::{InvalidPassword, Owner};
use countersign_domain::user::User;
use countersign_domain::{Secret, Timestamp};
use countersign_store::users::StoredUser;
use countersign_store::{
    Batch, StoreError, authentications, challenges, devices, feed, limits, redemptions, users,
};

use super::Operator;
use crate::Failure;
use crate::choose_password::{choose, end_all_of};
use crate::jobs::CHALLENGES_KEPT;

/// A user to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    /// Whose user.
    pub partner: &'a Slug,
    /// By what it is known: at least one.
    pub identities: &'a [Identity],
    /// A password, if it has one.
    pub password: Option<&'a Secret<String>>,
    /// Whether the identities are known to be the user's own. Where none ever was, the first
    /// that is proved takes the password away.
    pub proved: bool,
}

/// How an operator names a user.
#[derive(Clone, Debug)]
pub enum WhichUser {
    /// By its id.
    Id(UserId),
    /// By an identity.
    Identity(Slug, Identity),
}

/// Why nothing was done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UserRefusal {
    /// There is no such partner.
    #[error("there is no partner {0}")]
    UnknownPartner(Slug),
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// A user needs an identity to be known by.
    #[error("a user has at least one identity; give one, such as username:ana")]
    NoIdentity,
    /// Another user of the partner has one of the identities.
    #[error("another user has one of these identities")]
    Taken,
    /// The password cannot be one.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
}

impl Operator {
    /// Adds a user. Returns its id.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn add_user(&self, new: &NewUser<'_>) -> Result<UserId, Failure<UserRefusal>> {
        if new.identities.is_empty() {
            return Err(Failure::Refused(UserRefusal::NoIdentity));
        }
        let partner = new.partner;
        let hash = match new.password {
            Some(password) => Some(self.hash(partner, new.identities, password).await?),
            None => {
                self.settings(partner)?;
                None
            }
        };
        let now = self.clock.now();
        let id = UserId::generate(now, &*self.entropy);
        let proved_at = new.proved.then_some(now);
        let insert = |identity| users::insert_identity(partner, identity, id, proved_at, now);
        let batch = Batch::new()
            .then(users::insert(id, partner, hash.as_deref(), now))
            .then_all(new.identities.iter().map(insert))
            .then(self.record(self.event(Action::UserAdded).partner(partner).user(id), now));
        match self.commit(batch).await {
            Ok(_) => Ok(id),
            Err(StoreError::Conflict { .. }) => Err(Failure::Refused(UserRefusal::Taken)),
            Err(error) => Err(error.into()),
        }
    }

    /// The user of this name.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn show_user(&self, name: &WhichUser) -> Result<User, Failure<UserRefusal>> {
        Ok(self.find(name).await?.user)
    }

    /// Locks a user: its sessions, challenges and one-time tokens end, its authentications
    /// wait. Whether it was not locked before.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn lock_user(&self, name: &WhichUser) -> Result<bool, Failure<UserRefusal>> {
        let now = self.clock.now();
        let steps = |id| {
            Batch::new()
                .then(users::lock(id, now))
                .then(feed::user(id, now))
                .then(redemptions::end_of_user(id, now))
        };
        self.change(name, Action::UserLocked, now, steps).await
    }

    /// Unlocks a user. Whether it was locked.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn unlock_user(&self, name: &WhichUser) -> Result<bool, Failure<UserRefusal>> {
        let now = self.clock.now();
        let steps = |id| Batch::new().then(users::unlock(id, now));
        self.change(name, Action::UserUnlocked, now, steps).await
    }

    /// Sets a user's password, and ends all its authentications, sessions, challenges and
    /// one-time tokens.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn set_password(
        &self,
        name: &WhichUser,
        password: &Secret<String>,
    ) -> Result<(), Failure<UserRefusal>> {
        let user = self.find(name).await?.user;
        let hash = self.hash(&user.partner, &user.identities, password);
        let hash = hash.await?;
        let now = self.clock.now();
        let batch = Batch::new()
            .then(users::set_password(user.id, &hash, now))
            .then_all(end_all_of(user.id, now))
            .then_all(self.marks(&user).map(limits::password_set))
            .then(self.record(self.user_event(Action::PasswordSet, &user), now));
        self.commit_for_user(batch).await
    }

    /// Deletes a user and all that is its. Its sessions and challenges end.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn delete_user(&self, name: &WhichUser) -> Result<(), Failure<UserRefusal>> {
        let user = self.find(name).await?.user;
        let (id, now) = (user.id, self.clock.now());
        let batch = Batch::new()
            .then(feed::user_going(id, now))
            .then(challenges::end_of_user(id, now.minus(CHALLENGES_KEPT)))
            .then(redemptions::end_of_user(id, now))
            .then(authentications::delete_of_user(id))
            .then(devices::delete_of_user(id))
            .then_all(users::delete(id))
            .then_all(self.marks(&user).flat_map(limits::clear))
            .then(self.record(self.user_event(Action::UserDeleted, &user), now));
        self.commit_for_user(batch).await
    }

    /// Something done with a user.
    pub(super) fn user_event(&self, action: Action, user: &User) -> Event {
        self.event(action).partner(&user.partner).user(user.id)
    }

    pub(super) async fn find(&self, name: &WhichUser) -> Result<StoredUser, Failure<UserRefusal>> {
        let found = match name {
            WhichUser::Id(id) => self.store.user(*id).await?,
            WhichUser::Identity(partner, identity) => {
                self.settings(partner)?;
                self.store.user_by_identity(partner, identity).await?
            }
        };
        found.ok_or(Failure::Refused(UserRefusal::NotFound))
    }

    /// Commits what changes a user's state; whether it was in another.
    async fn change(
        &self,
        name: &WhichUser,
        action: Action,
        now: Timestamp,
        steps: impl Fn(UserId) -> Batch,
    ) -> Result<bool, Failure<UserRefusal>> {
        let user = self.find(name).await?.user;
        let record = self.record(self.user_event(action, &user), now);
        match self.commit(steps(user.id).then(record)).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => {
                // It may have been deleted in between; otherwise nothing is to be done.
                self.find(name).await?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn commit_for_user(&self, batch: Batch) -> Result<(), Failure<UserRefusal>> {
        match self.commit(batch).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => Err(Failure::Refused(UserRefusal::NotFound)),
            Err(error) => Err(error.into()),
        }
    }

    async fn hash(
        &self,
        partner: &Slug,
        identities: &[Identity],
        password: &Secret<String>,
    ) -> Result<String, Failure<UserRefusal>> {
        let owner = Owner {
            partner,
            settings: &*self.settings(partner)?,
            identities,
        };
        let chosen = choose(password, &owner, &self.breached, &self.passwords).await;
        chosen.map_err(|failure| failure.map(UserRefusal::Password))
    }

    pub(super) fn settings(
        &self,
        partner: &Slug,
    ) -> Result<Arc<countersign_domain::partner::PartnerSettings>, Failure<UserRefusal>> {
        let unknown = || Failure::Refused(UserRefusal::UnknownPartner(partner.clone()));
        self.partners.settings(partner).ok_or_else(unknown)
    }
}

//! What an operator does with users.

use std::sync::Arc;

use countersign_domain::id::UserId;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_domain::password::{InvalidPassword, Password};
use countersign_domain::user::User;
use countersign_domain::{Clock, Entropy, Secret};
use countersign_store::users::StoredUser;
use countersign_store::{
    Batch, Outcome, Store, StoreError, authentications, challenges, devices, feed, users,
};

use crate::jobs::CHALLENGES_KEPT;
use crate::{Failure, Partners, Passwords};

/// The users, for an operator. Works beside a running server, which learns of every
/// revocation by the feed.
#[derive(Clone)]
pub struct Users {
    /// Where they are kept.
    pub store: Store,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// What their partners set.
    pub partners: Partners,
    /// How their passwords are hashed.
    pub passwords: Passwords,
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

impl Users {
    /// Adds a user with these identities, and a password if one is given. Returns its id.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn add(
        &self,
        partner: &Slug,
        identities: &[Identity],
        password: Option<&Secret<String>>,
    ) -> Result<UserId, Failure<UserRefusal>> {
        if identities.is_empty() {
            return Err(Failure::Refused(UserRefusal::NoIdentity));
        }
        let hash = match password {
            Some(password) => Some(self.hash(partner, password).await?),
            None => {
                self.settings(partner)?;
                None
            }
        };
        let now = self.clock.now();
        let id = UserId::generate(now, &*self.entropy);
        let batch = Batch::new()
            .then(users::insert(id, partner, hash.as_deref(), now))
            .then_all(
                identities
                    .iter()
                    .map(|identity| users::insert_identity(partner, identity, id, None, now)),
            );
        match self.store.commit(batch).await {
            Ok(_) => Ok(id),
            Err(StoreError::Conflict { .. }) => Err(Failure::Refused(UserRefusal::Taken)),
            Err(error) => Err(error.into()),
        }
    }

    /// The user of this name.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn show(&self, name: &WhichUser) -> Result<User, Failure<UserRefusal>> {
        Ok(self.find(name).await?.user)
    }

    /// Locks a user: its sessions and challenges end, its authentications wait. Locking one
    /// who is locked changes nothing.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn lock(&self, name: &WhichUser) -> Result<Option<Outcome>, Failure<UserRefusal>> {
        let now = self.clock.now();
        let steps = |id| {
            Batch::new()
                .then(users::lock(id, now))
                .then(feed::user(id, now))
        };
        self.change(name, steps).await
    }

    /// Unlocks a user. Unlocking one who is not locked changes nothing.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn unlock(&self, name: &WhichUser) -> Result<Option<Outcome>, Failure<UserRefusal>> {
        let now = self.clock.now();
        self.change(name, |id| Batch::new().then(users::unlock(id, now)))
            .await
    }

    /// Sets a user's password, and ends all its authentications, sessions and challenges.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn set_password(
        &self,
        name: &WhichUser,
        password: &Secret<String>,
    ) -> Result<Outcome, Failure<UserRefusal>> {
        let user = self.find(name).await?.user;
        let hash = self.hash(&user.partner, password).await?;
        let now = self.clock.now();
        let batch = Batch::new()
            .then(users::set_password(user.id, &hash, now))
            .then(feed::user(user.id, now))
            // That the epoch was raised ends their sessions; this ends what would open more.
            .then(authentications::revoke_of_user(user.id, None, now));
        self.commit(batch).await
    }

    /// Deletes a user and all that is its. Its sessions and challenges end.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn delete(&self, name: &WhichUser) -> Result<Outcome, Failure<UserRefusal>> {
        let id = self.find(name).await?.user.id;
        let now = self.clock.now();
        let batch = Batch::new()
            .then(feed::user_going(id, now))
            .then(challenges::end_of_user(id, now.minus(CHALLENGES_KEPT)))
            .then(authentications::delete_of_user(id))
            .then(devices::delete_of_user(id))
            .then_all(users::delete(id));
        self.commit(batch).await
    }

    async fn find(&self, name: &WhichUser) -> Result<StoredUser, Failure<UserRefusal>> {
        let found = match name {
            WhichUser::Id(id) => self.store.user(*id).await?,
            WhichUser::Identity(partner, identity) => {
                self.settings(partner)?;
                self.store.user_by_identity(partner, identity).await?
            }
        };
        found.ok_or(Failure::Refused(UserRefusal::NotFound))
    }

    /// Commits what changes a user's state; `None` where it is in that state already.
    async fn change(
        &self,
        name: &WhichUser,
        steps: impl Fn(UserId) -> Batch,
    ) -> Result<Option<Outcome>, Failure<UserRefusal>> {
        let id = self.find(name).await?.user.id;
        match self.store.commit(steps(id)).await {
            Ok(outcome) => Ok(Some(outcome)),
            Err(StoreError::Conflict { .. }) => {
                // It may have been deleted in between; otherwise nothing is to be done.
                self.find(name).await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn commit(&self, batch: Batch) -> Result<Outcome, Failure<UserRefusal>> {
        self.store.commit(batch).await.map_err(|error| match error {
            StoreError::Conflict { .. } => Failure::Refused(UserRefusal::NotFound),
            error => error.into(),
        })
    }

    async fn hash(
        &self,
        partner: &Slug,
        password: &Secret<String>,
    ) -> Result<String, Failure<UserRefusal>> {
        let shortest = self.settings(partner)?.password_min_length;
        let password = Password::choose(password, shortest)
            .map_err(|invalid| Failure::Refused(invalid.into()))?;
        Ok(self.passwords.hash(password).await?)
    }

    fn settings(
        &self,
        partner: &Slug,
    ) -> Result<Arc<countersign_domain::partner::PartnerSettings>, Failure<UserRefusal>> {
        let unknown = || Failure::Refused(UserRefusal::UnknownPartner(partner.clone()));
        self.partners.settings(partner).ok_or_else(unknown)
    }
}

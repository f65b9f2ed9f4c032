//! Import of users whom another system had.

use std::collections::HashSet;

use countersign_domain::Timestamp;
use countersign_domain::arrival::{Arrival, arrival};
use countersign_domain::audit::Action;
use countersign_domain::id::UserId;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_store::{Batch, Step, StoreError, users};

use super::{Operator, UserRefusal};
use crate::{Failure, ImportedHash};

/// How often what was decided of a batch is decided anew, because others add the same users.
const TRIES: usize = 16;

/// A user as another system had it.
#[derive(Clone, Debug)]
pub struct ImportedUser {
    /// By what it is known: at least one.
    pub identities: Vec<ImportedIdentity>,
    /// Its password, if it has one.
    pub password: Option<ImportedHash>,
    /// Whether it may not sign in.
    pub locked: bool,
}

/// An identity of such a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportedIdentity {
    /// The identity.
    pub identity: Identity,
    /// Whether it is known to be the user's own.
    pub proved: bool,
}

/// What became of such a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Imported {
    /// It was added.
    Added,
    /// It has been here before, and stays as it is.
    AlreadyThere,
    /// It cannot be added.
    Refused(UserRefusal),
}

impl Operator {
    /// Adds some hundred users in one unit of work, with one entry of the audit, and says of
    /// each what became of it. One who is here already is left as it is, so that an import
    /// that was cut short can be run again.
    ///
    /// # Errors
    /// [`UserRefusal::UnknownPartner`], and whatever the store fails with: then none was added
    /// who was not there before.
    pub async fn import_users(
        &self,
        partner: &Slug,
        arriving: &[ImportedUser],
    ) -> Result<Vec<Imported>, Failure<UserRefusal>> {
        self.settings(partner)?;
        let mut results = vec![Imported::Added; arriving.len()];
        for _ in 0..TRIES {
            let new = self.sort_out(partner, arriving, &mut results).await?;
            if new.is_empty() {
                return Ok(results);
            }
            match self.commit(self.arrivals(partner, &new)).await {
                Ok(_) => return Ok(results),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let statement = "import_users";
        Err(Failure::Store(StoreError::Conflict { statement }))
    }

    /// Says what [`import_users`](Self::import_users) would make of these, and adds none.
    ///
    /// # Errors
    /// As that.
    pub async fn try_import_users(
        &self,
        partner: &Slug,
        arriving: &[ImportedUser],
    ) -> Result<Vec<Imported>, Failure<UserRefusal>> {
        self.settings(partner)?;
        let mut results = vec![Imported::Added; arriving.len()];
        self.sort_out(partner, arriving, &mut results).await?;
        Ok(results)
    }

    /// Those who are to be added; what becomes of each goes into `results`.
    async fn sort_out<'a>(
        &self,
        partner: &Slug,
        arriving: &'a [ImportedUser],
        results: &mut [Imported],
    ) -> Result<Vec<&'a ImportedUser>, Failure<UserRefusal>> {
        let mut new: Vec<&ImportedUser> = Vec::with_capacity(arriving.len());
        let mut taken: HashSet<&Identity> = HashSet::new();
        for (user, result) in arriving.iter().zip(results) {
            *result = match self.arrival(partner, user).await? {
                _ if user.identities.is_empty() => Imported::Refused(UserRefusal::NoIdentity),
                Arrival::AlreadyThere => Imported::AlreadyThere,
                Arrival::New if !user.identities().any(|one| taken.contains(one)) => {
                    taken.extend(user.identities());
                    new.push(user);
                    Imported::Added
                }
                // The same user once more within one batch.
                Arrival::New if new.iter().any(|other| other.has_all_of(user)) => {
                    Imported::AlreadyThere
                }
                Arrival::New | Arrival::Taken => Imported::Refused(UserRefusal::Taken),
            };
        }
        Ok(new)
    }

    async fn arrival(
        &self,
        partner: &Slug,
        user: &ImportedUser,
    ) -> Result<Arrival, Failure<UserRefusal>> {
        let mut owners = Vec::with_capacity(user.identities.len());
        for identity in user.identities() {
            let found = self.store.user_by_identity(partner, identity).await?;
            owners.push(found.map(|stored| stored.user.id));
        }
        Ok(arrival(&owners))
    }

    /// The unit of work that adds these. The time of its entry is theirs, so that whoever
    /// asks finds which users came with which entry.
    fn arrivals(&self, partner: &Slug, new: &[&ImportedUser]) -> Batch {
        let now = self.clock.now();
        let event = self.event(Action::UsersImported).partner(partner);
        let event = event.detail(format!("{} users", new.len()));
        let mut batch = Batch::new();
        for user in new {
            let id = UserId::generate(now, &*self.entropy);
            batch = batch.then_all(steps(partner, user, id, now));
        }
        batch.then(self.record(event, now))
    }
}

impl ImportedUser {
    fn identities(&self) -> impl Iterator<Item = &Identity> {
        self.identities.iter().map(|one| &one.identity)
    }

    fn has_all_of(&self, other: &Self) -> bool {
        let mut identities = other.identities();
        identities.all(|one| self.identities().any(|mine| mine == one))
    }
}

fn steps(
    partner: &Slug,
    user: &ImportedUser,
    id: UserId,
    now: Timestamp,
) -> impl Iterator<Item = Step> {
    let hash = user.password.as_ref().map(ImportedHash::as_str);
    let insert = users::insert(id, partner, hash, now);
    let identities = user.identities.iter().map(move |one| {
        let proved_at = one.proved.then_some(now);
        users::insert_identity(partner, &one.identity, id, proved_at, now)
    });
    let lock = user.locked.then(|| users::lock(id, now));
    [insert].into_iter().chain(identities).chain(lock)
}

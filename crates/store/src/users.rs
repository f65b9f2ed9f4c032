//! Users and their identities.

use countersign_domain::Timestamp;
use countersign_domain::epoch::Epoch;
use countersign_domain::id::UserId;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::partner::Slug;
use countersign_domain::user::{User, UserStatus};

use crate::statement::{Statement, statements};
use crate::value::{Columns, Row};
use crate::{Step, Store, StoreError};

statements! {
    INSERT expects One:
        "INSERT INTO users (id, partner, status, epoch, password_hash, created_at, updated_at)
         VALUES ($1, $2, 'active', 0, $3, $4, $4)";
    INSERT_IDENTITY expects One:
        "INSERT INTO identities (partner, type, value, user_id, created_at, proved_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    PROVE_IDENTITY expects One:
        "UPDATE identities SET proved_at = COALESCE(proved_at, $5)
         WHERE partner = $1 AND type = $2 AND value = $3 AND user_id = $4";
    BY_ID expects Any:
        "SELECT u.id, u.partner, u.status, u.epoch, u.password_hash, u.created_at, u.updated_at,
                i.type, i.value
         FROM users u LEFT JOIN identities i ON i.user_id = u.id
         WHERE u.id = $1
         ORDER BY i.created_at, i.type, i.value";
    BY_IDENTITY expects Any:
        "SELECT u.id, u.partner, u.status, u.epoch, u.password_hash, u.created_at, u.updated_at,
                i.type, i.value
         FROM identities named
         JOIN users u ON u.id = named.user_id
         JOIN identities i ON i.user_id = u.id
         WHERE named.partner = $1 AND named.type = $2 AND named.value = $3
         ORDER BY i.created_at, i.type, i.value";
    LOCK expects One:
        "UPDATE users SET status = 'locked', epoch = epoch + 1, updated_at = $2
         WHERE id = $1 AND status <> 'locked'";
    UNLOCK expects One:
        "UPDATE users SET status = 'active', updated_at = $2
         WHERE id = $1 AND status = 'locked'";
    SET_PASSWORD expects One:
        "UPDATE users SET password_hash = $2, epoch = epoch + 1, updated_at = $3
         WHERE id = $1";
    REHASH expects Any:
        "UPDATE users SET password_hash = $3
         WHERE id = $1 AND password_hash = $2";
    DELETE expects One:
        "DELETE FROM users WHERE id = $1";
    DELETE_IDENTITIES expects Any:
        "DELETE FROM identities WHERE user_id = $1";
}

/// A user as it is kept.
#[derive(Clone, Debug)]
pub struct StoredUser {
    /// The user.
    pub user: User,
    /// The hash of the password, in PHC form, where there is one.
    pub password_hash: Option<String>,
}

impl Store {
    /// The user with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        let rows = self.rows(BY_ID, vec![id.into()]).await?;
        read(BY_ID, &rows)
    }

    /// The user of a partner who has this identity.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_by_identity(
        &self,
        partner: &Slug,
        identity: &Identity,
    ) -> Result<Option<StoredUser>, StoreError> {
        let values = vec![
            partner.into(),
            identity.kind().into(),
            identity.value().into(),
        ];
        let rows = self.rows(BY_IDENTITY, values).await?;
        read(BY_IDENTITY, &rows)
    }
}

/// One row for each identity, the user's columns the same in all.
fn read(statement: &'static Statement, rows: &[Row]) -> Result<Option<StoredUser>, StoreError> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut columns = Columns::new(statement, first);
    let mut stored = StoredUser {
        user: User {
            id: columns.next()?,
            partner: columns.next()?,
            status: columns.next::<UserStatus>()?,
            epoch: columns.next::<Epoch>()?,
            identities: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        },
        password_hash: columns.next()?,
    };
    stored.user.created_at = columns.next()?;
    stored.user.updated_at = columns.next()?;
    stored.user.identities = identities(statement, rows, 7)?;
    Ok(Some(stored))
}

/// The identities in the columns `type` and `value`, of which the first is number `column`.
pub(crate) fn identities(
    statement: &'static Statement,
    rows: &[Row],
    column: usize,
) -> Result<Vec<Identity>, StoreError> {
    let mut identities = Vec::with_capacity(rows.len());
    for row in rows {
        let mut columns = Columns::at(statement, row, column);
        let kind: Option<IdentityType> = columns.next()?;
        if let Some(kind) = kind {
            identities.push(Identity::from_normalised(kind, columns.next()?));
        }
    }
    Ok(identities)
}

/// Creates a user with the identities that are yet to be inserted.
#[must_use]
pub fn insert(id: UserId, partner: &Slug, password_hash: Option<&str>, now: Timestamp) -> Step {
    let values = [id.into(), partner.into(), password_hash.into(), now.into()];
    Step::new(INSERT, values)
}

/// Gives a user an identity that nobody of the partner has. `proved_at` is when a code sent
/// there came back, if one did.
#[must_use]
pub fn insert_identity(
    partner: &Slug,
    identity: &Identity,
    user: UserId,
    proved_at: Option<Timestamp>,
    now: Timestamp,
) -> Step {
    let values = [
        partner.into(),
        identity.kind().into(),
        identity.value().into(),
        user.into(),
        now.into(),
        proved_at.into(),
    ];
    Step::new(INSERT_IDENTITY, values)
}

/// Notes that a code sent to a user's address came back. The user still has the identity.
#[must_use]
pub fn prove_identity(partner: &Slug, identity: &Identity, user: UserId, now: Timestamp) -> Step {
    let values = [
        partner.into(),
        identity.kind().into(),
        identity.value().into(),
        user.into(),
        now.into(),
    ];
    Step::new(PROVE_IDENTITY, values)
}

/// Locks a user who is not, and raises its epoch.
#[must_use]
pub fn lock(id: UserId, now: Timestamp) -> Step {
    Step::new(LOCK, [id.into(), now.into()])
}

/// Unlocks a user who is locked.
#[must_use]
pub fn unlock(id: UserId, now: Timestamp) -> Step {
    Step::new(UNLOCK, [id.into(), now.into()])
}

/// Sets a user's password, and raises its epoch.
#[must_use]
pub fn set_password(id: UserId, password_hash: &str, now: Timestamp) -> Step {
    Step::new(SET_PASSWORD, [id.into(), password_hash.into(), now.into()])
}

/// Replaces the hash of a password by another of the same, unless the password was set since.
#[must_use]
pub fn rehash(id: UserId, old: &str, new: &str) -> Step {
    Step::new(REHASH, [id.into(), old.into(), new.into()])
}

/// Deletes a user and its identities. What else is its is deleted beside.
#[must_use]
pub fn delete(id: UserId) -> [Step; 2] {
    [
        Step::new(DELETE, [id.into()]),
        Step::new(DELETE_IDENTITIES, [id.into()]),
    ]
}

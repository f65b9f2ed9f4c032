//! Users and their identities.

use std::cmp::Reverse;

use countersign_domain::Timestamp;
use countersign_domain::asserted::{Asserted, KnownUser};
use countersign_domain::epoch::Epoch;
use countersign_domain::id::UserId;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::partner::Slug;
use countersign_domain::password_reset::AddressOwner;
use countersign_domain::user::{User, UserStatus};

use crate::statement::{Statement, statements};
use crate::value::{Columns, Row, Value};
use crate::{Step, Store, StoreError};

statements! {
    INSERT expects One:
        "INSERT INTO users (id, partner, status, epoch, password_hash, created_at, updated_at)
         VALUES ($1, $2, 'active', 0, $3, $4, $4)";
    INSERT_IDENTITY expects One:
        "INSERT INTO identities (partner, type, value, user_id, created_at, proved_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    INSERT_FIRST_OF_TYPE expects One:
        "INSERT INTO identities (partner, type, value, user_id, created_at, proved_at)
         SELECT $1, $2, $3, u.id, $5, $6
         FROM users u
         WHERE u.id = $4
           AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id AND i.type = $2)";
    KEEP_LATEST expects Any:
        "DELETE FROM identities WHERE (partner, type, value) IN (
             SELECT i.partner, i.type, i.value FROM identities i
             WHERE i.user_id = $1 AND i.type = $2
             ORDER BY COALESCE(i.proved_at, 0) DESC, i.created_at DESC, i.value
             LIMIT 1000 OFFSET $3)";
    PROVE_IDENTITY expects One:
        "UPDATE identities SET proved_at = CASE WHEN proved_at >= $5 THEN proved_at ELSE $5 END
         WHERE partner = $1 AND type = $2 AND value = $3 AND user_id = $4";
    BY_ID expects Any:
        "SELECT u.id, u.partner, u.status, u.epoch, u.password_hash, u.created_at, u.updated_at,
                i.type, i.value, i.proved_at
         FROM users u LEFT JOIN identities i ON i.user_id = u.id
         WHERE u.id = $1
         ORDER BY COALESCE(i.proved_at, 0) DESC, i.created_at, i.type, i.value";
    BY_IDENTITY expects Any:
        "SELECT u.id, u.partner, u.status, u.epoch, u.password_hash, u.created_at, u.updated_at,
                i.type, i.value, i.proved_at
         FROM identities named
         JOIN users u ON u.id = named.user_id
         JOIN identities i ON i.user_id = u.id
         WHERE named.partner = $1 AND named.type = $2 AND named.value = $3
         ORDER BY COALESCE(i.proved_at, 0) DESC, i.created_at, i.type, i.value";
    BY_ASSERTED expects Any:
        "SELECT u.id, u.status, u.epoch,
                CAST(CASE WHEN u.password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT),
                i.type, i.value, i.proved_at, i.created_at
         FROM identities named
         JOIN users u ON u.id = named.user_id
         JOIN identities i ON i.user_id = u.id
         WHERE named.partner = $1 AND named.type = 'user_id' AND named.value = $2
         UNION ALL
         SELECT u.id, u.status, u.epoch,
                CAST(CASE WHEN u.password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT),
                i.type, i.value, i.proved_at, i.created_at
         FROM identities named
         JOIN users u ON u.id = named.user_id
         JOIN identities i ON i.user_id = u.id
         WHERE named.partner = $1 AND named.type = 'email' AND named.value = $3
         UNION ALL
         SELECT u.id, u.status, u.epoch,
                CAST(CASE WHEN u.password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT),
                i.type, i.value, i.proved_at, i.created_at
         FROM identities named
         JOIN users u ON u.id = named.user_id
         JOIN identities i ON i.user_id = u.id
         WHERE named.partner = $1 AND named.type = 'phone' AND named.value = $4";
    LOCK expects One:
        "UPDATE users SET status = 'locked', epoch = epoch + 1, updated_at = $2
         WHERE id = $1 AND status <> 'locked'";
    UNLOCK expects One:
        "UPDATE users SET status = 'active', updated_at = $2
         WHERE id = $1 AND status = 'locked'";
    SET_PASSWORD expects One:
        "UPDATE users SET password_hash = $2, epoch = epoch + 1, updated_at = $3
         WHERE id = $1";
    RESET_PASSWORD expects One:
        "UPDATE users SET password_hash = $2, epoch = epoch + 1, updated_at = $3
         WHERE id = $1 AND epoch = $4 AND status = 'active'";
    CLEAR_PASSWORD expects One:
        "UPDATE users SET password_hash = NULL, epoch = epoch + 1, updated_at = $2
         WHERE id = $1 AND password_hash IS NOT NULL";
    RAISE_IF_SIGNED_IN expects Any:
        "UPDATE users SET epoch = epoch + 1, updated_at = $2
         WHERE id = $1 AND EXISTS (
             SELECT 1 FROM authentications a
             WHERE a.user_id = $1 AND a.revoked_at IS NULL)";
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
    /// Whether any identity was ever proved to be the user's own.
    pub proved: bool,
    /// Which of the identities were.
    pub proved_identities: Vec<Identity>,
}

impl StoredUser {
    /// Whether it has a password that was set when nothing of it was proved.
    #[must_use]
    pub fn has_unproved_password(&self) -> bool {
        self.password_hash.is_some() && !self.proved
    }

    /// The user as who has this address.
    #[must_use]
    pub fn owner_of(&self, address: &Identity) -> AddressOwner<'_> {
        AddressOwner {
            user: &self.user,
            address_proved: self.proved_identities.contains(address),
            any_proved: self.proved,
        }
    }
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

    /// The users of a partner who have any of these identities.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn users_by_asserted(
        &self,
        partner: &Slug,
        asserted: &Asserted,
    ) -> Result<Vec<KnownUser>, StoreError> {
        let value = |kind| Value::from(asserted.value(kind));
        let values = [
            partner.into(),
            value(IdentityType::UserId),
            value(IdentityType::Email),
            value(IdentityType::Phone),
        ];
        let mut found = Vec::new();
        self.read(BY_ASSERTED, &values, |mut columns| {
            read_known(&mut columns, &mut found)
        })
        .await?;
        let known = found.into_iter().map(|(user, mut identities)| {
            put_in_order(&mut identities);
            let proved_at: Vec<_> = identities.iter().map(|placed| placed.proved_at).collect();
            KnownUser {
                unproved_password: user.unproved_password && proved_at.iter().all(Option::is_none),
                identities: identities.into_iter().map(Placed::identity).collect(),
                proved_at,
                ..user
            }
        });
        Ok(known.collect())
    }
}

/// An identity of a user, and where it stands among the user's.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Placed {
    identity: Identity,
    proved_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl Placed {
    /// The identity in the columns `type`, `value`, `proved_at` and `created_at`; none where
    /// they are null.
    pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Option<Self>, StoreError> {
        let Some(kind) = columns.next()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            identity: Identity::from_normalised(kind, columns.next()?),
            proved_at: columns.next()?,
            created_at: columns.next()?,
        }))
    }

    fn identity(self) -> Identity {
        self.identity
    }

    /// What was proved last stands first, then the oldest.
    fn place(&self) -> (Reverse<Option<Timestamp>>, Timestamp, &str, &str) {
        let (kind, value) = (self.identity.kind().as_str(), self.identity.value());
        (Reverse(self.proved_at), self.created_at, kind, value)
    }
}

/// A user's identities in their order.
pub(crate) fn in_order(mut identities: Vec<Placed>) -> Vec<Identity> {
    put_in_order(&mut identities);
    identities.into_iter().map(Placed::identity).collect()
}

/// Puts a user's identities in their order here: there are a few at most, and the database would
/// make a table of them to sort it.
fn put_in_order(identities: &mut [Placed]) {
    identities.sort_by(|one, other| one.place().cmp(&other.place()));
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
        proved: false,
        proved_identities: Vec::new(),
    };
    stored.user.created_at = columns.next()?;
    stored.user.updated_at = columns.next()?;
    stored.user.identities = identities(statement, rows, 7)?;
    for row in rows {
        let proved_at: Option<Timestamp> = Columns::at(statement, row, 9).next()?;
        stored.proved |= proved_at.is_some();
        if proved_at.is_some() {
            let proved = identities(statement, std::slice::from_ref(row), 7)?;
            stored.proved_identities.extend(proved);
        }
    }
    Ok(Some(stored))
}

/// One row for each identity of each user, and that again for each of the named ones that the
/// user has.
fn read_known(
    columns: &mut Columns<'_>,
    found: &mut Vec<(KnownUser, Vec<Placed>)>,
) -> Result<(), StoreError> {
    let id: UserId = columns.next()?;
    let user = KnownUser {
        id,
        status: columns.next()?,
        epoch: columns.next()?,
        unproved_password: columns.next::<i64>()? != 0,
        identities: Vec::new(),
        proved_at: Vec::new(),
    };
    let identity = Placed::read(columns)?.ok_or_else(|| columns.corrupt())?;
    let index = found.iter().position(|(known, _)| known.id == id);
    let index = index.unwrap_or_else(|| {
        found.push((user, Vec::new()));
        found.len() - 1
    });
    let identities = &mut found[index].1;
    if !identities.contains(&identity) {
        identities.push(identity);
    }
    Ok(())
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

/// Gives a user an identity that nobody of the partner has. `proved_at` is when it was proved
/// to be the user's own, if it was.
#[must_use]
pub fn insert_identity(
    partner: &Slug,
    identity: &Identity,
    user: UserId,
    proved_at: Option<Timestamp>,
    now: Timestamp,
) -> Step {
    let values = identity_values(partner, identity, user, proved_at, now);
    Step::new(INSERT_IDENTITY, values)
}

/// The same for a user who has none of this type yet.
#[must_use]
pub fn insert_first_of_type(
    partner: &Slug,
    identity: &Identity,
    user: UserId,
    proved_at: Option<Timestamp>,
    now: Timestamp,
) -> Step {
    let values = identity_values(partner, identity, user, proved_at, now);
    Step::new(INSERT_FIRST_OF_TYPE, values)
}

fn identity_values(
    partner: &Slug,
    identity: &Identity,
    user: UserId,
    proved_at: Option<Timestamp>,
    now: Timestamp,
) -> [Value; 6] {
    [
        partner.into(),
        identity.kind().into(),
        identity.value().into(),
        user.into(),
        now.into(),
        proved_at.into(),
    ]
}

/// Takes from a user all identities of a type but the `most` that were proved last.
#[must_use]
pub fn keep_latest(user: UserId, kind: IdentityType, most: i64) -> Step {
    Step::new(KEEP_LATEST, [user.into(), kind.into(), most.into()])
}

/// Notes that an identity was proved to be the user's own: a code sent there came back, or the
/// partner says so. The user still has it. A later proof stays.
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

/// Sets the password of a user who is active and still has this epoch, and raises it.
#[must_use]
pub fn reset_password(user: (UserId, Epoch), password_hash: &str, now: Timestamp) -> Step {
    let (id, epoch) = user;
    let values = [id.into(), password_hash.into(), now.into(), epoch.into()];
    Step::new(RESET_PASSWORD, values)
}

/// Takes the password from a user who has one, and raises its epoch.
#[must_use]
pub fn clear_password(id: UserId, now: Timestamp) -> Step {
    Step::new(CLEAR_PASSWORD, [id.into(), now.into()])
}

/// Raises the epoch of a user with an authentication that was not revoked: it lives, or a
/// session of it may.
#[must_use]
pub fn raise_if_signed_in(id: UserId, now: Timestamp) -> Step {
    Step::new(RAISE_IF_SIGNED_IN, [id.into(), now.into()])
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

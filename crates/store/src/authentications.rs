//! Authentications.

use countersign_domain::Timestamp;
use countersign_domain::authentication::Authentication;
use countersign_domain::epoch::{Epoch, Epochs};
use countersign_domain::id::{AuthenticationId, DeviceId, SessionId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::key::KeyedHash;
use countersign_domain::partner::Slug;
use countersign_domain::pin;
use countersign_domain::token::TokenHash;
use countersign_domain::user::UserStatus;

use crate::statement::statements;
use crate::users::{Placed, in_order};
use crate::value::{Columns, keyed_hash_values};
use crate::{Outcome, Step, Store, StoreError};

statements! {
    INSERT expects One:
        "INSERT INTO authentications
             (id, user_id, device_id, authenticator, token_hash, epoch, pin_hash, pin_key,
              pin_required, pin_failures, created_at, updated_at, authenticated_at, expires_at)
         SELECT $1, u.id, $3, $4, $5, 0, $6, $7, $8, 0, $9, $10, $10, $11
         FROM users u
         WHERE u.id = $2 AND u.status = 'active' AND u.epoch = $12";
    WITH_USER expects Any:
        "SELECT a.id, a.user_id, a.device_id, a.authenticator, a.token_hash, a.epoch, a.pin_hash,
                a.pin_key, a.pin_required, a.created_at, a.updated_at, a.authenticated_at,
                a.expires_at, a.revoked_at, u.partner, u.status, u.epoch, i.type, i.value,
                i.proved_at, i.created_at
         FROM authentications a
         JOIN users u ON u.id = a.user_id
         LEFT JOIN identities i ON i.user_id = u.id
         WHERE a.id = $1";
    CHECK_PIN expects One:
        "UPDATE authentications
         SET pin_failures = CASE WHEN pin_hash = $2 THEN 0 ELSE pin_failures + 1 END,
             epoch = CASE WHEN pin_hash <> $2 AND pin_failures + 1 >= $5 THEN epoch + 1
                          ELSE epoch END,
             revoked_at = CASE WHEN pin_hash <> $2 AND pin_failures + 1 >= $5 THEN $4 END,
             updated_at = CASE WHEN pin_hash <> $2 AND pin_failures + 1 >= $5 THEN $4
                               ELSE updated_at END
         WHERE id = $1 AND pin_key = $3 AND revoked_at IS NULL AND expires_at > $4
         RETURNING pin_failures, epoch";
    REVOKE expects One:
        "UPDATE authentications SET revoked_at = $3, updated_at = $3, epoch = epoch + 1
         WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL";
    REVOKE_OF_DEVICE expects Any:
        "UPDATE authentications SET revoked_at = $3, updated_at = $3, epoch = epoch + 1
         WHERE device_id = $1 AND user_id = $2 AND revoked_at IS NULL";
    REVOKE_OF_USER_BUT expects Any:
        "UPDATE authentications SET revoked_at = $3, updated_at = $3, epoch = epoch + 1
         WHERE id IN (
             SELECT a.id FROM authentications a
             WHERE a.user_id = $1 AND a.id <> $2 AND a.revoked_at IS NULL
             ORDER BY a.expires_at DESC LIMIT 1000)";
    EXPIRE_ALL_BUT_NEWEST expects Any:
        "UPDATE authentications SET expires_at = $3, updated_at = $3
         WHERE id IN (
             SELECT a.id FROM authentications a
             WHERE a.user_id = $1 AND a.revoked_at IS NULL AND a.expires_at > $3
             ORDER BY a.id DESC LIMIT 1000 OFFSET $2)";
    RAISE expects One:
        "UPDATE authentications SET epoch = epoch + 1, updated_at = $2 WHERE id = $1";
    DELETE_OF_USER expects Any:
        "DELETE FROM authentications
         WHERE device_id IN (SELECT d.id FROM devices d WHERE d.user_id = $1)";
    EPOCHS expects Any:
        "SELECT u.epoch, a.epoch
         FROM authentications a JOIN users u ON u.id = a.user_id
         WHERE a.id = $1 AND NOT EXISTS (
             SELECT 1 FROM feed f
             WHERE f.authentication_id = $1 AND f.session_id = $2)";
    SWEEP_DEVICES expects Any:
        "DELETE FROM devices WHERE id IN (
             SELECT a.device_id FROM authentications a
             WHERE COALESCE(a.revoked_at, a.expires_at) < $1
             ORDER BY COALESCE(a.revoked_at, a.expires_at), a.id LIMIT $2)
           AND NOT EXISTS (
             SELECT 1 FROM authentications a
             WHERE a.device_id = devices.id AND COALESCE(a.revoked_at, a.expires_at) >= $1)";
    SWEEP expects Any:
        "DELETE FROM authentications WHERE id IN (
             SELECT a.id FROM authentications a
             WHERE COALESCE(a.revoked_at, a.expires_at) < $1
             ORDER BY COALESCE(a.revoked_at, a.expires_at), a.id LIMIT $2)";
}

/// An authentication, and of its user what an exchange needs.
#[derive(Clone, Debug)]
pub struct WithUser {
    /// The authentication.
    pub authentication: Authentication,
    /// Whose user it is.
    pub partner: Slug,
    /// Whether the user may sign in.
    pub status: UserStatus,
    /// The user's epoch.
    pub user_epoch: Epoch,
    /// By what the user is known, what was proved last first, then the oldest.
    pub identities: Vec<Identity>,
}

impl Store {
    /// The authentication with this id, dead or alive, until it is swept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn authentication(
        &self,
        id: AuthenticationId,
    ) -> Result<Option<WithUser>, StoreError> {
        let mut found = None;
        let mut identities = Vec::new();
        // One row for each identity, the columns before it the same in all.
        self.read(WITH_USER, &[id.into()], |mut columns| {
            if found.is_none() {
                let authentication = read(&mut columns)?;
                found = Some(WithUser {
                    authentication,
                    partner: columns.next()?,
                    status: columns.next()?,
                    user_epoch: columns.next()?,
                    identities: Vec::new(),
                });
            }
            identities.extend(Placed::read(&mut columns.past(17))?);
            Ok(())
        })
        .await?;
        Ok(found.map(|found| WithUser {
            identities: in_order(identities),
            ..found
        }))
    }

    /// The epochs of a session's user and authentication, asked of the database itself.
    /// `None` where one of them is gone or the session was ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn epochs(
        &self,
        authentication: AuthenticationId,
        session: SessionId,
    ) -> Result<Option<Epochs>, StoreError> {
        let values = vec![authentication.into(), session.into()];
        let rows = self.rows(EPOCHS, values).await?;
        let epochs = rows.first().map(|row| {
            let mut columns = Columns::new(EPOCHS, row);
            Ok(Epochs {
                user: columns.next()?,
                authentication: columns.next()?,
            })
        });
        epochs.transpose()
    }
}

fn read(columns: &mut Columns<'_>) -> Result<Authentication, StoreError> {
    Ok(Authentication {
        id: columns.next()?,
        user: columns.next()?,
        device: columns.next()?,
        authenticator: columns.next()?,
        token: TokenHash::from_bytes(columns.next()?),
        epoch: columns.next()?,
        pin: columns.keyed_hash()?,
        pin_required: columns.next::<i64>()? != 0,
        created_at: columns.next()?,
        updated_at: columns.next()?,
        authenticated_at: columns.next()?,
        expires_at: columns.next()?,
        revoked_at: columns.next()?,
    })
}

/// Adds an authentication of a user who is active and still has the epoch `user_epoch`:
/// neither locked, nor given another password, nor deleted since it was loaded.
#[must_use]
pub fn insert(authentication: &Authentication, user_epoch: Epoch) -> Step {
    let [pin_hash, pin_key] = keyed_hash_values(authentication.pin.as_ref());
    let values = [
        authentication.id.into(),
        authentication.user.into(),
        authentication.device.into(),
        authentication.authenticator.into(),
        authentication.token.as_bytes().as_slice().into(),
        pin_hash,
        pin_key,
        authentication.pin_required.into(),
        authentication.created_at.into(),
        authentication.authenticated_at.into(),
        authentication.expires_at.into(),
        user_epoch.into(),
    ];
    Step::new(INSERT, values)
}

/// Compares a PIN with that of a live authentication, in the one statement that counts it:
/// a right one begins the count anew, the last of too many wrong ones in a row revokes. What
/// it found is in [`pin_checked`].
#[must_use]
pub fn check_pin(id: AuthenticationId, presented: &KeyedHash, now: Timestamp) -> Step {
    let values = [
        id.into(),
        presented.bytes.as_slice().into(),
        presented.key.into(),
        now.into(),
        pin::FAILURES.into(),
    ];
    Step::new(CHECK_PIN, values)
}

/// Whether the PIN was right: the authentication's epoch then.
///
/// # Errors
/// [`StoreError::Corrupt`] if the statement was not in the batch.
pub fn pin_checked(outcome: &Outcome) -> Result<Option<Epoch>, StoreError> {
    let none = Vec::new();
    let row = outcome.rows_of(CHECK_PIN).next().unwrap_or(&none);
    let mut columns = Columns::new(CHECK_PIN, row);
    let failures: i64 = columns.next()?;
    let epoch = columns.next()?;
    Ok((failures == 0).then_some(epoch))
}

/// Revokes an authentication of a user, which lives or has expired.
#[must_use]
pub fn revoke(id: AuthenticationId, user: UserId, now: Timestamp) -> Step {
    Step::new(REVOKE, [id.into(), user.into(), now.into()])
}

/// Revokes what is on a device of a user. What has expired as well: a session of it may live,
/// and a clock may be wrong.
#[must_use]
pub fn revoke_of_device(device: DeviceId, user: UserId, now: Timestamp) -> Step {
    Step::new(REVOKE_OF_DEVICE, [device.into(), user.into(), now.into()])
}

/// Revokes all of a user, but for `kept`; of what has expired, the latest thousand, of which a
/// session may live.
#[must_use]
pub fn revoke_of_user(user: UserId, kept: Option<AuthenticationId>, now: Timestamp) -> Step {
    let kept = kept.unwrap_or(AuthenticationId::NIL);
    Step::new(REVOKE_OF_USER_BUT, [user.into(), kept.into(), now.into()])
}

/// Has what lives of a user expire now, but for the `kept` newest. No node is told: their last
/// sessions run out by themselves, so that who signs in again and again costs nobody anything.
#[must_use]
pub fn expire_all_but_newest(user: UserId, kept: i64, now: Timestamp) -> Step {
    Step::new(
        EXPIRE_ALL_BUT_NEWEST,
        [user.into(), kept.into(), now.into()],
    )
}

/// Ends the sessions of an authentication, which itself stays.
#[must_use]
pub fn raise(id: AuthenticationId, now: Timestamp) -> Step {
    Step::new(RAISE, [id.into(), now.into()])
}

/// Deletes a user's authentications, before its devices.
#[must_use]
pub fn delete_of_user(user: UserId) -> Step {
    Step::new(DELETE_OF_USER, [user.into()])
}

/// Deletes up to `most` authentications that ended before `before`, and the devices that are
/// left with none. Both statements choose the same authentications: a device that the first
/// passed over would be found by no later sweep.
#[must_use]
pub fn sweep(before: Timestamp, most: i64) -> [Step; 2] {
    [
        Step::new(SWEEP_DEVICES, [before.into(), most.into()]),
        Step::new(SWEEP, [before.into(), most.into()]),
    ]
}

//! Devices.

use countersign_domain::Timestamp;
use countersign_domain::device::{Device, DeviceDescription};
use countersign_domain::id::{AuthenticationId, DeviceId, UserId};
use countersign_domain::partner::Slug;
use countersign_domain::token::TokenHash;

use crate::statement::statements;
use crate::value::Columns;
use crate::{Step, Store, StoreError};

statements! {
    INSERT expects One:
        "INSERT INTO devices
             (id, user_id, name, make, model, os_name, os_version, created_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
    SIGNED_IN expects Any:
        "SELECT d.id, d.name, d.make, d.model, d.os_name, d.os_version, d.created_at,
                d.last_seen_at
         FROM devices d
         WHERE d.user_id = $1 AND d.id IN (
             SELECT a.device_id FROM authentications a
             WHERE a.user_id = $1 AND a.revoked_at IS NULL AND a.expires_at > $2)
         ORDER BY d.last_seen_at DESC, d.id DESC LIMIT $3";
    OF_USER expects Any:
        "SELECT name FROM devices WHERE id = $1 AND user_id = $2";
    SEEN expects Any:
        "UPDATE devices SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
    RETURN expects One:
        "UPDATE devices SET last_seen_at = CASE WHEN last_seen_at < $3 THEN $3 ELSE last_seen_at END
         WHERE id = $1 AND user_id = $2 AND ended_at IS NULL";
    RETURN_AS expects One:
        "UPDATE devices
         SET last_seen_at = CASE WHEN last_seen_at < $3 THEN $3 ELSE last_seen_at END,
             name = $4, make = $5, model = $6, os_name = $7, os_version = $8
         WHERE id = $1 AND user_id = $2 AND ended_at IS NULL";
    END expects Any:
        "UPDATE devices SET ended_at = $3 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL";
    FORMER expects Any:
        "SELECT a.token_hash, u.partner, u.id, d.id
         FROM authentications a
         JOIN devices d ON d.id = a.device_id AND d.user_id = a.user_id
         JOIN users u ON u.id = a.user_id
         WHERE a.id = $1 AND d.ended_at IS NULL
           AND NOT EXISTS (
                   SELECT 1 FROM devices n
                   WHERE n.user_id = d.user_id AND n.ended_at IS NULL AND n.id > d.id
                   LIMIT 1 OFFSET $2)";
    END_OF_USER expects Any:
        "UPDATE devices SET ended_at = $3
         WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL";
    DELETE_OF_USER expects Any:
        "DELETE FROM devices WHERE user_id = $1";
}

/// Devices of one user that are known when they come again: the newest. Each has guesses of its
/// own, which whoever had the password for a while must not multiply at will.
pub const KNOWN: i64 = 10;
/// Devices that are listed of one user at most.
pub const MOST: i64 = 200;

/// A device as it is first kept.
#[derive(Clone, Debug)]
pub struct NewDevice<'a> {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// A name by which a person recognises it.
    pub name: &'a str,
    /// What its client said of it.
    pub description: &'a DeviceDescription,
    /// When it signs in.
    pub now: Timestamp,
}

impl Store {
    /// The devices on which a user is signed in, the last seen first; at most [`MOST`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn devices(&self, user: UserId, now: Timestamp) -> Result<Vec<Device>, StoreError> {
        let values = vec![user.into(), now.into(), MOST.into()];
        let rows = self.rows(SIGNED_IN, values).await?;
        let devices = rows.iter().map(|row| {
            let mut columns = Columns::new(SIGNED_IN, row);
            Ok(Device {
                id: columns.next()?,
                name: columns.next()?,
                description: description(&mut columns)?,
                created_at: columns.next()?,
                last_seen_at: columns.next()?,
            })
        });
        devices.collect()
    }
}

impl Store {
    /// What a device of the user is called, signed in or not; `None` where it is none of theirs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn device_name(
        &self,
        user: UserId,
        device: DeviceId,
    ) -> Result<Option<String>, StoreError> {
        let rows = self.rows(OF_USER, vec![device.into(), user.into()]).await?;
        let name = rows.first().map(|row| Columns::new(OF_USER, row).next());
        name.transpose()
    }

    /// Whether this is a device of the user, signed in or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_device(&self, user: UserId, device: DeviceId) -> Result<bool, StoreError> {
        Ok(self.device_name(user, device).await?.is_some())
    }
}

/// The device of an authentication, dead or alive, and whose it is.
#[derive(Clone, Debug)]
pub struct FormerDevice {
    /// The authentication's token.
    pub token: TokenHash,
    /// Whose user.
    pub partner: Slug,
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
}

impl Store {
    /// The device of an authentication, until that is swept; none where its user or the
    /// operator deleted the device.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn former_device(
        &self,
        id: AuthenticationId,
    ) -> Result<Option<FormerDevice>, StoreError> {
        let rows = self
            .rows(FORMER, vec![id.into(), (KNOWN - 1).into()])
            .await?;
        let former = rows.first().map(|row| {
            let mut columns = Columns::new(FORMER, row);
            Ok(FormerDevice {
                token: TokenHash::from_bytes(columns.next()?),
                partner: columns.next()?,
                user: columns.next()?,
                device: columns.next()?,
            })
        });
        former.transpose()
    }
}

pub(crate) fn description(columns: &mut Columns<'_>) -> Result<DeviceDescription, StoreError> {
    Ok(DeviceDescription {
        make: columns.next()?,
        model: columns.next()?,
        os_name: columns.next()?,
        os_version: columns.next()?,
    })
}

/// Adds a device.
#[must_use]
pub fn insert(device: &NewDevice<'_>) -> Step {
    let said = device.description;
    let values = [
        device.id.into(),
        device.user.into(),
        device.name.into(),
        said.make.as_deref().into(),
        said.model.as_deref().into(),
        said.os_name.as_deref().into(),
        said.os_version.as_deref().into(),
        device.now.into(),
    ];
    Step::new(INSERT, values)
}

/// Has a device that the user knows sign in again. What its client says of it now replaces what
/// it said, unless it says nothing. Conflicts where the device was deleted since.
#[must_use]
pub fn return_to(device: &NewDevice<'_>) -> Step {
    let said = device.description;
    let (id, user, now) = (device.id.into(), device.user.into(), device.now.into());
    if *said == DeviceDescription::default() {
        return Step::new(RETURN, [id, user, now]);
    }
    let values = [
        id,
        user,
        now,
        device.name.into(),
        said.make.as_deref().into(),
        said.model.as_deref().into(),
        said.os_name.as_deref().into(),
        said.os_version.as_deref().into(),
    ];
    Step::new(RETURN_AS, values)
}

/// Whether a batch came to nothing at this statement because the device that it has sign in
/// again was deleted.
#[must_use]
pub fn deleted(statement: &str) -> bool {
    statement == RETURN.name || statement == RETURN_AS.name
}

/// Deletes a device for its user: it is listed no more once its authentications are revoked,
/// which is done beside, and none of them makes it known again.
#[must_use]
pub fn end(id: DeviceId, user: UserId, now: Timestamp) -> Step {
    Step::new(END, [id.into(), user.into(), now.into()])
}

/// Ends all devices of a user but one: they are none that the user knows any more.
#[must_use]
pub fn end_of_user(user: UserId, but: Option<DeviceId>, now: Timestamp) -> Step {
    let but = but.unwrap_or(DeviceId::NIL);
    Step::new(END_OF_USER, [user.into(), but.into(), now.into()])
}

/// Notes when a device was last seen, unless it was seen later already.
#[must_use]
pub fn seen(id: DeviceId, at: Timestamp) -> Step {
    Step::new(SEEN, [id.into(), at.into()])
}

/// Deletes a user's devices.
#[must_use]
pub fn delete_of_user(user: UserId) -> Step {
    Step::new(DELETE_OF_USER, [user.into()])
}

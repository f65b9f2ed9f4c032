//! Password resets.

use countersign_domain::Timestamp;
use countersign_domain::id::PasswordResetId;
use countersign_domain::identity::Identity;
use countersign_domain::password_reset::PasswordReset;
use countersign_domain::token::TokenHash;

use crate::statement::{Statement, statements};
use crate::value::{Columns, Row, Value};
use crate::{Step, Store, StoreError};

statements! {
    INSERT expects One:
        "INSERT INTO password_resets
             (id, partner, identity_type, identity_value, user_id, user_epoch, code_hash,
              created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    BY_ID expects Any:
        "SELECT id, partner, identity_type, identity_value, user_id, user_epoch, code_hash,
                created_at, expires_at, redeemed_at
         FROM password_resets WHERE id = $1";
    REDEEM expects One:
        "UPDATE password_resets SET redeemed_at = $2
         WHERE id = $1 AND redeemed_at IS NULL AND user_id IS NOT NULL AND expires_at > $2";
    SWEEP expects Any:
        "DELETE FROM password_resets WHERE id IN (
             SELECT r.id FROM password_resets r WHERE r.id < $1 ORDER BY r.id LIMIT $2)";
}

impl Store {
    /// The password reset with this id, until it is swept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn password_reset(
        &self,
        id: PasswordResetId,
    ) -> Result<Option<PasswordReset>, StoreError> {
        let rows = self.rows(BY_ID, vec![id.into()]).await?;
        rows.first().map(|row| read(BY_ID, row)).transpose()
    }
}

fn read(statement: &'static Statement, row: &Row) -> Result<PasswordReset, StoreError> {
    let mut columns = Columns::new(statement, row);
    Ok(PasswordReset {
        id: columns.next()?,
        partner: columns.next()?,
        identity: Identity::from_normalised(columns.next()?, columns.next()?),
        user: match (columns.next()?, columns.next()?) {
            (Some(user), Some(epoch)) => Some((user, epoch)),
            (None, None) => None,
            _ => return Err(columns.corrupt()),
        },
        code: TokenHash::from_bytes(columns.next()?),
        created_at: columns.next()?,
        expires_at: columns.next()?,
        redeemed_at: columns.next()?,
    })
}

/// Adds a reset just asked for.
#[must_use]
pub fn insert(reset: &PasswordReset) -> Step {
    let (user, epoch) = reset.user.unzip();
    let values = [
        reset.id.into(),
        (&reset.partner).into(),
        reset.identity.kind().into(),
        reset.identity.value().into(),
        user.into(),
        epoch.into(),
        Value::Bytes(reset.code.as_bytes().to_vec()),
        reset.created_at.into(),
        reset.expires_at.into(),
    ];
    Step::new(INSERT, values)
}

/// Uses a reset up. Conflicts with one that is used up already, is over or is nobody's.
#[must_use]
pub fn redeem(id: PasswordResetId, now: Timestamp) -> Step {
    Step::new(REDEEM, [id.into(), now.into()])
}

/// Deletes up to `most` resets asked for before `before`. All of them must have expired by then.
#[must_use]
pub fn sweep(before: Timestamp, most: i64) -> Step {
    let bound = PasswordResetId::first_at(before);
    Step::new(SWEEP, [bound.into(), most.into()])
}

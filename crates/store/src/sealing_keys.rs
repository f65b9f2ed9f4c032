//! Sealing keys, wrapped under the master key.

use countersign_domain::Timestamp;
use countersign_domain::key::{SealingKeyId, WrappedKey};

use crate::statement::statements;
use crate::value::Columns;
use crate::{Step, Store, StoreError};

statements! {
    ALL_KEYS expects Any:
        "SELECT id, status, wrapped, since FROM sealing_keys ORDER BY since, id";
    INSERT expects One:
        "INSERT INTO sealing_keys (id, status, wrapped, since) VALUES ($1, $2, $3, $4)";
    RETIRE expects One:
        "UPDATE sealing_keys SET status = 'retiring', since = $2
         WHERE id = $1 AND status = 'current'";
    PROMOTE expects One:
        "UPDATE sealing_keys SET status = 'current', since = $2
         WHERE id = $1 AND status = 'next' AND since = $3";
    SWEEP expects Any:
        "DELETE FROM sealing_keys
         WHERE status = 'retiring' AND since < $1
           AND NOT EXISTS (SELECT 1 FROM authentications a WHERE a.pin_key = sealing_keys.id)";
}

impl Store {
    /// Every sealing key, the longest in its status first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sealing_keys(&self) -> Result<Vec<WrappedKey>, StoreError> {
        let rows = self.rows(ALL_KEYS, vec![]).await?;
        let keys = rows.iter().map(|row| {
            let mut columns = Columns::new(ALL_KEYS, row);
            Ok(WrappedKey {
                id: columns.next()?,
                status: columns.next()?,
                wrapped: columns.next()?,
                since: columns.next()?,
            })
        });
        keys.collect()
    }
}

/// Adds a key. Conflicts where there is one in its status already, unless that is `retiring`.
#[must_use]
pub fn insert(key: &WrappedKey) -> Step {
    let values = [
        key.id.into(),
        key.status.into(),
        key.wrapped.as_slice().into(),
        key.since.into(),
    ];
    Step::new(INSERT, values)
}

/// Has the current key retire.
#[must_use]
pub fn retire(id: SealingKeyId, now: Timestamp) -> Step {
    Step::new(RETIRE, [id.into(), now.into()])
}

/// Makes the next key current: the one that was published at `since`.
#[must_use]
pub fn promote(id: SealingKeyId, since: Timestamp, now: Timestamp) -> Step {
    Step::new(PROMOTE, [id.into(), now.into(), since.into()])
}

/// Deletes the keys that began to retire before `before` and under which no PIN is hashed.
#[must_use]
pub fn sweep(before: Timestamp) -> Step {
    Step::new(SWEEP, [before.into()])
}

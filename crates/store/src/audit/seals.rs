//! Seals.

use countersign_domain::Timestamp;
use countersign_domain::audit::{Digest, Mac, Seal};

use crate::statement::{Statement, statements};
use crate::value::{Columns, Row, Value};
use crate::{Step, Store, StoreError};

statements! {
    LAST expects Any:
        "SELECT number, entries, previous, previous_at, digest, at, mac
         FROM audit_seals ORDER BY number DESC LIMIT 1";
    AFTER expects Any:
        "SELECT number, entries, previous, previous_at, digest, at, mac
         FROM audit_seals WHERE number > $1 ORDER BY number LIMIT $2";
    CLAIM expects Any:
        "UPDATE audit SET seal = $1
         WHERE id IN (SELECT a.id FROM audit a WHERE a.seal IS NULL ORDER BY a.id LIMIT $2)
           AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.number >= $1)";
    INSERT expects One:
        "INSERT INTO audit_seals (number, entries, previous, previous_at, digest, at, mac)
         SELECT $1, $2, $3, $4, $5, $6, $7
         WHERE $2 = (SELECT COUNT(*) FROM audit a WHERE a.seal = $1)";
    DELETE expects One:
        "DELETE FROM audit_seals
         WHERE number = $1 AND at < $2
           AND number = (SELECT MIN(s.number) FROM audit_seals s)
           AND number < (SELECT MAX(s.number) FROM audit_seals s)";
    DELETE_ENTRIES expects Any:
        "DELETE FROM audit WHERE seal = $1";
    ORPHANS expects Any:
        "SELECT a.seal, COUNT(*) FROM audit a
         WHERE a.seal IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.number = a.seal)
         GROUP BY a.seal ORDER BY a.seal LIMIT $1";
}

/// A seal as it stands in the database, whoever wrote it there.
#[derive(Clone, Copy, Debug)]
pub struct KeptSeal {
    /// Its number.
    pub number: i64,
    /// The seal; `None` where that is none that we can have written.
    pub seal: Option<Seal>,
    /// The code beside it, likewise.
    pub mac: Option<Mac>,
}

impl Store {
    /// The last seal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_audit_seal(&self) -> Result<Option<KeptSeal>, StoreError> {
        let rows = self.rows(LAST, vec![]).await?;
        rows.first().map(|row| read(LAST, row)).transpose()
    }

    /// Up to `most` seals behind the one of this number, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_seals_after(
        &self,
        number: i64,
        most: i64,
    ) -> Result<Vec<KeptSeal>, StoreError> {
        let rows = self.rows(AFTER, vec![number.into(), most.into()]).await?;
        rows.iter().map(|row| read(AFTER, row)).collect()
    }

    /// The numbers of up to `most` seals that are not there although entries name them, and how
    /// many entries do.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_orphans(&self, most: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows = self.rows(ORPHANS, vec![most.into()]).await?;
        let orphans = rows.iter().map(|row| {
            let mut columns = Columns::new(ORPHANS, row);
            Ok((columns.next()?, columns.next()?))
        });
        orphans.collect()
    }
}

fn read(statement: &'static Statement, row: &Row) -> Result<KeptSeal, StoreError> {
    let mac: Option<[u8; 32]> = Columns::at(statement, row, 6).next().ok();
    Ok(KeptSeal {
        number: Columns::new(statement, row).next()?,
        seal: seal(Columns::new(statement, row)).ok(),
        mac: mac.map(Mac::from_bytes),
    })
}

fn seal(mut columns: Columns<'_>) -> Result<Seal, StoreError> {
    Ok(Seal {
        number: columns.next()?,
        entries: columns.next()?,
        previous: columns.next().map(Digest::from_bytes)?,
        previous_at: columns.next()?,
        digest: columns.next().map(Digest::from_bytes)?,
        at: columns.next()?,
    })
}

/// Claims up to `most` entries, the oldest of those that nobody has claimed, for the seal of
/// this number, unless that is there already.
#[must_use]
pub fn claim(number: i64, most: i64) -> Step {
    Step::new(CLAIM, [number.into(), most.into()])
}

/// Adds a seal. Conflicts where there is one of its number, or where other entries are claimed
/// for it than were counted.
#[must_use]
pub fn insert_seal(seal: &Seal, mac: &Mac) -> Step {
    let bytes = |bytes: &[u8; 32]| Value::Bytes(bytes.to_vec());
    let values = [
        seal.number.into(),
        seal.entries.into(),
        bytes(seal.previous.as_bytes()),
        seal.previous_at.into(),
        bytes(seal.digest.as_bytes()),
        seal.at.into(),
        bytes(mac.as_bytes()),
    ];
    Step::new(INSERT, values)
}

/// Deletes the first seal, if it has this number and was made before `before`, and the entries
/// that it holds. Conflicts otherwise, and with the last one, to which the next will hold on.
#[must_use]
pub fn delete_seal(number: i64, before: Timestamp) -> [Step; 2] {
    [
        Step::new(DELETE, [number.into(), before.into()]),
        Step::new(DELETE_ENTRIES, [number.into()]),
    ]
}

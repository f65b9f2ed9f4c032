//! Reading entries, a page at a time.

use countersign_domain::Timestamp;
use countersign_domain::audit::{Entry, Mac};
use countersign_domain::id::{EntryId, RequestId, UserId};
use countersign_domain::partner::Slug;

use crate::statement::{Statement, statements};
use crate::value::{Columns, Row, Value};
use crate::{Store, StoreError};

statements! {
    OF_REQUEST expects Any:
        "SELECT id, request_id, at, action, outcome, reason, actor, actor_id, partner, user_id,
                subject, subject_id, detail, address, mac, seal
         FROM audit WHERE request_id = $1 ORDER BY id LIMIT $2";
    OLDEST_FIRST expects Any:
        "SELECT id, request_id, at, action, outcome, reason, actor, actor_id, partner, user_id,
                subject, subject_id, detail, address, mac, seal
         FROM audit WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
    NEWEST_FIRST expects Any:
        "SELECT id, request_id, at, action, outcome, reason, actor, actor_id, partner, user_id,
                subject, subject_id, detail, address, mac, seal
         FROM audit
         WHERE id < $1 AND id >= $2
           AND (partner = $3 OR $3 IS NULL)
           AND (user_id = $4 OR $4 IS NULL)
           AND (action = $5 OR $5 IS NULL)
           AND (outcome = $6 OR $6 IS NULL)
         ORDER BY id DESC LIMIT $7";
    OF_SEAL expects Any:
        "SELECT id, request_id, at, action, outcome, reason, actor, actor_id, partner, user_id,
                subject, subject_id, detail, address, mac, seal
         FROM audit WHERE seal = $1 AND id > $2 ORDER BY id LIMIT $3";
    UNSEALED expects Any:
        "SELECT id, request_id, at, action, outcome, reason, actor, actor_id, partner, user_id,
                subject, subject_id, detail, address, mac, seal
         FROM audit WHERE seal IS NULL AND id > $1 ORDER BY id LIMIT $2";
}

/// An entry as it stands in the database, whoever wrote it there.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The bytes of its id.
    pub id: Vec<u8>,
    /// The entry; `None` where that is no entry that we can have written.
    pub entry: Option<Entry>,
    /// The code beside it, likewise.
    pub mac: Option<Mac>,
    /// The seal that holds it, if one does.
    pub seal: Option<i64>,
}

/// Which entries are asked for.
#[derive(Clone, Default, Debug)]
pub struct Filter {
    /// Of this partner.
    pub partner: Option<Slug>,
    /// About this user.
    pub user: Option<UserId>,
    /// With this action's word.
    pub action: Option<String>,
    /// With this outcome's word.
    pub outcome: Option<String>,
    /// Made at or after this moment.
    pub since: Option<Timestamp>,
    /// Made before this moment.
    pub until: Option<Timestamp>,
}

/// Above every id.
const LAST: [u8; 17] = [0xff; 17];

impl Store {
    /// Up to `most` entries of a request, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_of_request(
        &self,
        request: RequestId,
        most: i64,
    ) -> Result<Vec<Kept>, StoreError> {
        let values = vec![request.into(), most.into()];
        self.entries(OF_REQUEST, values).await
    }

    /// Up to `most` entries behind the one with these bytes as its id (from `since` on, where
    /// there is none) and made before `until`, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_after(
        &self,
        after: Option<&[u8]>,
        filter: &Filter,
        most: i64,
    ) -> Result<Vec<Kept>, StoreError> {
        let after = after.map_or_else(|| before_first(filter.since), Into::into);
        let values = vec![after, end(filter.until), most.into()];
        self.entries(OLDEST_FIRST, values).await
    }

    /// Up to `most` entries before the one with these bytes as its id, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_before(
        &self,
        before: Option<&[u8]>,
        filter: &Filter,
        most: i64,
    ) -> Result<Vec<Kept>, StoreError> {
        let first = filter.since.map(EntryId::first_at);
        let values = vec![
            before.map_or_else(|| end(filter.until), Into::into),
            first.map_or(Value::Bytes(Vec::new()), Into::into),
            filter.partner.as_ref().into(),
            filter.user.into(),
            filter.action.as_ref().into(),
            filter.outcome.as_ref().into(),
            most.into(),
        ];
        self.entries(NEWEST_FIRST, values).await
    }

    /// Up to `most` entries that a seal holds, or that are claimed for it, behind the one with
    /// these bytes as its id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_of_seal(
        &self,
        seal: i64,
        after: &[u8],
        most: i64,
    ) -> Result<Vec<Kept>, StoreError> {
        let values = vec![seal.into(), after.into(), most.into()];
        self.entries(OF_SEAL, values).await
    }

    /// Up to `most` entries that no seal holds yet, behind the one with these bytes as its id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_unsealed(&self, after: &[u8], most: i64) -> Result<Vec<Kept>, StoreError> {
        let values = vec![after.into(), most.into()];
        self.entries(UNSEALED, values).await
    }

    async fn entries(
        &self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<Vec<Kept>, StoreError> {
        let rows = self.rows(statement, values).await?;
        rows.iter().map(|row| read(statement, row)).collect()
    }
}

/// What an id must be above to be of an entry made at or after `since`: ids have 16 bytes, so
/// nothing lies between 15 bytes and the first of those that begin with them.
fn before_first(since: Option<Timestamp>) -> Value {
    let first = since.map(EntryId::first_at);
    first.map_or(Value::Bytes(Vec::new()), |id| (&id.as_bytes()[..15]).into())
}

fn end(until: Option<Timestamp>) -> Value {
    let end = until.map(EntryId::first_at);
    end.map_or(Value::Bytes(LAST.to_vec()), Into::into)
}

fn read(statement: &'static Statement, row: &Row) -> Result<Kept, StoreError> {
    let seal = Columns::at(statement, row, 15).next()?;
    let mac: Option<[u8; 32]> = Columns::at(statement, row, 14).next().ok();
    Ok(Kept {
        id: Columns::new(statement, row).next()?,
        entry: entry(Columns::new(statement, row)).ok(),
        mac: mac.map(Mac::from_bytes),
        seal,
    })
}

fn entry(mut columns: Columns<'_>) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: columns.next()?,
        request: columns.next()?,
        at: columns.next()?,
        action: columns.next()?,
        outcome: columns.next()?,
        reason: columns.next()?,
        actor: columns.next()?,
        actor_id: columns.next()?,
        partner: columns.next()?,
        user: columns.next()?,
        subject: columns.next()?,
        subject_id: columns.next()?,
        detail: columns.next()?,
        address: columns.next()?,
    })
}

//! API keys.

use countersign_domain::Timestamp;
use countersign_domain::api_key::{ApiKey, Grant, Scope};
use countersign_domain::id::ApiKeyId;
use countersign_domain::partner::Slug;
use countersign_domain::token::TokenHash;

use crate::statement::{Statement, statements};
use crate::value::{Columns, Row};
use crate::{Step, Store, StoreError};

statements! {
    LIVE expects Any:
        "SELECT id, partner, scopes, name, hash, created_at, expires_at, last_used_at, revoked_at
         FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)";
    BY_ID expects Any:
        "SELECT id, partner, scopes, name, hash, created_at, expires_at, last_used_at, revoked_at
         FROM api_keys WHERE id = $1";
    OF_PARTNER expects Any:
        "SELECT id, partner, scopes, name, hash, created_at, expires_at, last_used_at, revoked_at
         FROM api_keys WHERE COALESCE(partner, '') = COALESCE($1, '')
         ORDER BY created_at, id";
    INSERT expects One:
        "INSERT INTO api_keys (id, partner, scopes, name, hash, created_at, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, $7
         WHERE (COALESCE($2, '') = '' OR EXISTS (SELECT 1 FROM partners p WHERE p.slug = $2))
           AND $8 > (
             SELECT COUNT(*) FROM api_keys k
             WHERE COALESCE(k.partner, '') = COALESCE($2, '') AND k.revoked_at IS NULL
               AND (k.expires_at IS NULL OR k.expires_at > $6))";
    REVOKE expects One:
        "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    SWEEP expects Any:
        "DELETE FROM api_keys WHERE id IN (
             SELECT k.id FROM api_keys k
             WHERE COALESCE(k.revoked_at, k.expires_at) < $1 ORDER BY k.id LIMIT $2)";
    USED expects Any:
        "UPDATE api_keys SET last_used_at = $2
         WHERE id = $1 AND COALESCE(last_used_at, 0) < $2";
}

/// API keys of one partner, or of the operator, that live at once at most.
pub const MOST: i64 = 20;

impl Store {
    /// Every API key that lives.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn api_keys(&self, now: Timestamp) -> Result<Vec<ApiKey>, StoreError> {
        let rows = self.rows(LIVE, vec![now.into()]).await?;
        rows.iter().map(|row| read(LIVE, row)).collect()
    }

    /// The API key with this id, revoked or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let rows = self.rows(BY_ID, vec![id.into()]).await?;
        rows.first().map(|row| read(BY_ID, row)).transpose()
    }

    /// Every API key of a partner, or with none of the operator, revoked ones too; the oldest
    /// first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn api_keys_of(&self, partner: Option<&Slug>) -> Result<Vec<ApiKey>, StoreError> {
        let rows = self.rows(OF_PARTNER, vec![partner.into()]).await?;
        rows.iter().map(|row| read(OF_PARTNER, row)).collect()
    }
}

fn read(statement: &'static Statement, row: &Row) -> Result<ApiKey, StoreError> {
    let mut columns = Columns::new(statement, row);
    let id = columns.next()?;
    let partner: Option<Slug> = columns.next()?;
    let scopes: String = columns.next()?;
    // A word that this version does not know is a newer one's; it allows nothing here.
    let scopes = scopes
        .split(' ')
        .filter_map(|word| word.parse::<Scope>().ok());
    let grant = Grant::kept(partner, scopes);
    Ok(ApiKey {
        id,
        grant,
        name: columns.next()?,
        hash: TokenHash::from_bytes(columns.next()?),
        created_at: columns.next()?,
        expires_at: columns.next()?,
        last_used_at: columns.next()?,
        revoked_at: columns.next()?,
    })
}

/// Adds an API key of a partner who exists, or of the operator. Conflicts where [`MOST`] live
/// already.
#[must_use]
pub fn insert(key: &ApiKey) -> Step {
    let scopes: Vec<_> = key.grant.scopes().iter().map(|s| s.as_str()).collect();
    let values = [
        key.id.into(),
        key.grant.partner().into(),
        scopes.join(" ").as_str().into(),
        key.name.as_str().into(),
        key.hash.as_bytes().as_slice().into(),
        key.created_at.into(),
        key.expires_at.into(),
        MOST.into(),
    ];
    Step::new(INSERT, values)
}

/// Revokes an API key, and with it the one-time tokens that it minted. Conflicts with one
/// that is revoked already.
#[must_use]
pub fn revoke(id: ApiKeyId, now: Timestamp) -> Step {
    Step::new(REVOKE, [id.into(), now.into()])
}

/// Notes when an API key was last used, unless it was used later already.
#[must_use]
pub fn used(id: ApiKeyId, at: Timestamp) -> Step {
    Step::new(USED, [id.into(), at.into()])
}

/// Deletes up to `most` API keys that were revoked or expired before `before`.
#[must_use]
pub fn sweep(before: Timestamp, most: i64) -> Step {
    Step::new(SWEEP, [before.into(), most.into()])
}

//! Redemptions of one-time tokens: all that is kept of them.
//!
//! That a token is redeemed once is a unique insert. What keeps the table small is the
//! *floor*: a token that expires at or before it is refused whatever a clock says, so the
//! redemptions below it can go. It rises only to expiries of tokens that were redeemed, and
//! the rows go later: nobody who checked the old floor can still be inserting then.

use countersign_domain::Timestamp;
use countersign_domain::id::{AuthenticationId, OneTimeTokenId, UserId};
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::one_time::OneTime;
use countersign_domain::partner::Slug;

use crate::statement::statements;
use crate::value::{Columns, Value};
use crate::{Step, Store, StoreError};

statements! {
    REDEEM expects One:
        "INSERT INTO redemptions (id, api_key_id, authentication_id, redeemed_at, expires_at)
         SELECT $1, k.id, $3, $4, $5
         FROM api_keys k
         WHERE k.id = $2 AND k.revoked_at IS NULL
           AND $5 > (SELECT f.floor FROM redemption_floor f WHERE f.id = 1)
           AND NOT EXISTS (SELECT 1 FROM ended_identities e
                           WHERE e.partner = $6 AND e.type = 'user_id' AND e.value = $8
                             AND e.place > $7)
           AND NOT EXISTS (SELECT 1 FROM ended_identities e
                           WHERE e.partner = $6 AND e.type = 'email' AND e.value = $9
                             AND e.place > $7)
           AND NOT EXISTS (SELECT 1 FROM ended_identities e
                           WHERE e.partner = $6 AND e.type = 'phone' AND e.value = $10
                             AND e.place > $7)";
    BY_ID expects Any:
        "SELECT authentication_id, redeemed_at FROM redemptions WHERE id = $1";
    FLOOR expects Any:
        "SELECT floor FROM redemption_floor WHERE id = 1";
    RAISE_FLOOR expects Any:
        "UPDATE redemption_floor SET floor = (
             SELECT MAX(r.expires_at) FROM (
                 SELECT s.expires_at FROM redemptions s
                 WHERE s.expires_at > floor AND s.expires_at < $1
                 ORDER BY s.expires_at LIMIT $2) r)
         WHERE id = 1 AND EXISTS (
             SELECT 1 FROM redemptions r WHERE r.expires_at < $1 AND r.expires_at > floor)";
    SWEEP expects Any:
        "DELETE FROM redemptions WHERE id IN (
             SELECT r.id FROM redemptions r
             WHERE r.expires_at <= $1
               AND r.expires_at <= (SELECT f.floor FROM redemption_floor f WHERE f.id = 1)
             ORDER BY r.expires_at LIMIT $2)";
    END_OF_USER expects Any:
        "INSERT INTO ended_identities (partner, type, value, place, ended_at)
         SELECT i.partner, i.type, i.value, (SELECT MAX(f.seq) FROM feed f), $2
         FROM identities i WHERE i.user_id = $1
         ORDER BY i.partner, i.type, i.value
         ON CONFLICT (partner, type, value)
         DO UPDATE SET place = excluded.place, ended_at = excluded.ended_at";
    END_OF_IDENTITY expects One:
        "INSERT INTO ended_identities (partner, type, value, place, ended_at)
         SELECT $1, $2, $3, MAX(f.seq), $4 FROM feed f WHERE 1 = 1
         ON CONFLICT (partner, type, value)
         DO UPDATE SET place = excluded.place, ended_at = excluded.ended_at";
    SWEEP_ENDED expects Any:
        "DELETE FROM ended_identities WHERE (partner, type, value) IN (
             SELECT e.partner, e.type, e.value FROM ended_identities e
             WHERE e.ended_at < $1 ORDER BY e.ended_at LIMIT $2)";
}

/// What is kept of a redemption.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Redemption {
    /// The authentication that the token was redeemed for.
    pub authentication: AuthenticationId,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// The redemption of this one-time token, if it was redeemed and is not swept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn redemption(&self, id: OneTimeTokenId) -> Result<Option<Redemption>, StoreError> {
        let rows = self.rows(BY_ID, vec![id.into()]).await?;
        let redemption = rows.first().map(|row| {
            let mut columns = Columns::new(BY_ID, row);
            Ok(Redemption {
                authentication: columns.next()?,
                at: columns.next()?,
            })
        });
        redemption.transpose()
    }

    /// The floor: one-time tokens that expire at or before it are refused.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn redemption_floor(&self) -> Result<Timestamp, StoreError> {
        let rows = self.rows(FLOOR, vec![]).await?;
        let none = Vec::new();
        Columns::new(FLOOR, rows.first().unwrap_or(&none)).next()
    }
}

/// Redeems a one-time token: the first step of the unit of work that signs its user in.
/// Conflicts ([`refused`]) if it was redeemed, expires at or below the floor, or has ended
/// with its key or its user.
#[must_use]
pub fn redeem(token: &OneTime, authentication: AuthenticationId, now: Timestamp) -> Step {
    let value = |kind| Value::from(token.user.value(kind));
    let values = [
        token.id.into(),
        token.key.into(),
        authentication.into(),
        now.into(),
        token.expires_at.into(),
        (&token.partner).into(),
        token.known.0.into(),
        value(IdentityType::UserId),
        value(IdentityType::Email),
        value(IdentityType::Phone),
    ];
    Step::new(REDEEM, values)
}

/// Whether it was the redemption itself that met another state: then the token is not good,
/// and trying again would change nothing.
#[must_use]
pub fn refused(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { statement } if *statement == REDEEM.name)
}

/// Ends the one-time tokens that name a user by any of its identities, and were minted by who
/// had not heard of it: the step before it tells the feed. Comes before the identities are
/// deleted.
#[must_use]
pub fn end_of_user(user: UserId, now: Timestamp) -> Step {
    Step::new(END_OF_USER, [user.into(), now.into()])
}

/// Ends the one-time tokens that name somebody by this identity, and were minted by who had
/// not heard of it: the step before it tells the feed.
#[must_use]
pub fn end_of_identity(partner: &Slug, identity: &Identity, now: Timestamp) -> Step {
    let values = [
        partner.into(),
        identity.kind().into(),
        identity.value().into(),
        now.into(),
    ];
    Step::new(END_OF_IDENTITY, values)
}

/// Raises the floor to the greatest expiry of up to `most` redemptions above it of tokens
/// that expired before `before`: those that can be swept once no statement runs any more that
/// began before this was committed.
#[must_use]
pub fn raise_floor(before: Timestamp, most: i64) -> Step {
    Step::new(RAISE_FLOOR, [before.into(), most.into()])
}

/// Deletes up to `most` redemptions of tokens that expire at or before `floor`, which was
/// raised to there some time ago. What is above the floor that is kept stays whatever is asked.
#[must_use]
pub fn sweep(floor: Timestamp, most: i64) -> Step {
    Step::new(SWEEP, [floor.into(), most.into()])
}

/// Forgets up to `most` ends older than `before`, when every token minted by then is dead.
#[must_use]
pub fn sweep_ended(before: Timestamp, most: i64) -> Step {
    Step::new(SWEEP_ENDED, [before.into(), most.into()])
}

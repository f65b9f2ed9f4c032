//! The feed: what every node must come to know, in the order in which it was committed.
//!
//! Rows are written in the unit of work of what they tell, and are selected from the rows
//! that it changed: what is told is what happened.

use countersign_domain::Timestamp;
use countersign_domain::epoch::Epoch;
use countersign_domain::id::{AuthenticationId, DeviceId, SessionId, UserId};
use countersign_domain::one_time::Mark;
use countersign_domain::revocation::Revocation;

use crate::statement::{Statement, statements};
use crate::value::{Columns, Row};
use crate::{Outcome, Step, Store, StoreError};

statements! {
    AFTER expects Any:
        "SELECT seq, kind, user_id, authentication_id, session_id, epoch, at
         FROM feed WHERE seq > $1 ORDER BY seq LIMIT $2";
    USER expects One:
        "INSERT INTO feed (kind, user_id, epoch, at)
         SELECT 'user', u.id, u.epoch, $2 FROM users u WHERE u.id = $1
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    USER_IF_RAISED expects Any:
        "INSERT INTO feed (kind, user_id, epoch, at)
         SELECT 'user', u.id, u.epoch, $2 FROM users u WHERE u.id = $1 AND u.updated_at = $2
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    USER_GOING expects One:
        "INSERT INTO feed (kind, user_id, epoch, at)
         SELECT 'user', u.id, u.epoch + 1, $2 FROM users u WHERE u.id = $1
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    AUTHENTICATION expects One:
        "INSERT INTO feed (kind, authentication_id, epoch, at)
         SELECT 'authentication', a.id, a.epoch, $2 FROM authentications a WHERE a.id = $1
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    AUTHENTICATION_IF_REVOKED expects Any:
        "INSERT INTO feed (kind, authentication_id, epoch, at)
         SELECT 'authentication', a.id, a.epoch, $2 FROM authentications a
         WHERE a.id = $1 AND a.revoked_at = $2
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    AUTHENTICATIONS_OF_DEVICE expects Any:
        "INSERT INTO feed (kind, authentication_id, epoch, at)
         SELECT 'authentication', a.id, a.epoch, $2 FROM authentications a
         WHERE a.device_id = $1 AND a.revoked_at = $2
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    AUTHENTICATIONS_OF_USER expects Any:
        "INSERT INTO feed (kind, authentication_id, epoch, at)
         SELECT 'authentication', a.id, a.epoch, $2 FROM authentications a
         WHERE COALESCE(a.revoked_at, a.expires_at) = $2
           AND a.user_id = $1 AND a.revoked_at = $2
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    SESSION expects One:
        "INSERT INTO feed (kind, authentication_id, session_id, at)
         SELECT 'session', a.id, $2, $3 FROM authentications a
         WHERE a.id = $1 AND $4 > (
             SELECT COUNT(*) FROM feed f
             WHERE f.authentication_id = $1 AND f.session_id IS NOT NULL AND f.at > $5)
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    NEWS expects One:
        "INSERT INTO feed (kind, at) VALUES ($1, $2)
         RETURNING seq, kind, user_id, authentication_id, session_id, epoch, at";
    SWEEP expects Any:
        "DELETE FROM feed WHERE seq IN (
             SELECT f.seq FROM feed f WHERE f.at < $1 AND f.seq <= $3 ORDER BY f.at LIMIT $2)";
}

/// Those that return what they tell.
const TELLING: [&Statement; 9] = [
    USER,
    USER_IF_RAISED,
    USER_GOING,
    AUTHENTICATION,
    AUTHENTICATION_IF_REVOKED,
    AUTHENTICATIONS_OF_DEVICE,
    AUTHENTICATIONS_OF_USER,
    SESSION,
    NEWS,
];

/// How far somebody has read in the feed; by default, nowhere yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Place(i64);

impl Place {
    /// What a one-time token keeps of it.
    #[must_use]
    pub fn mark(self) -> Mark {
        Mark(self.0)
    }
}

/// One row of the feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place.
    pub place: Place,
    /// What it tells.
    pub news: News,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
}

/// What a row of the feed tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// Sessions have ended.
    Revocation(Revocation),
    /// The sealing keys have changed.
    SealingKeys,
    /// The partners have changed.
    Partners,
    /// The API keys have changed.
    ApiKeys,
    /// One-time tokens have ended. That it is told is all: it gives the end its place.
    Ended,
    /// Something that only a newer version knows.
    Unknown,
}

impl Store {
    /// Up to `most` rows behind a place, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn feed_after(&self, place: Place, most: i64) -> Result<Vec<Entry>, StoreError> {
        let rows = self.rows(AFTER, vec![place.0.into(), most.into()]).await?;
        rows.iter().map(|row| read(AFTER, row)).collect()
    }
}

/// What a committed batch told the feed.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn told(outcome: &Outcome) -> Result<Vec<Entry>, StoreError> {
    let mut told = Vec::new();
    for statement in TELLING {
        for row in outcome.rows_of(statement) {
            told.push(read(statement, row)?);
        }
    }
    Ok(told)
}

fn read(statement: &'static Statement, row: &Row) -> Result<Entry, StoreError> {
    let mut columns = Columns::new(statement, row);
    let place = Place(columns.next()?);
    let kind: String = columns.next()?;
    let user: Option<UserId> = columns.next()?;
    let authentication: Option<AuthenticationId> = columns.next()?;
    let session: Option<SessionId> = columns.next()?;
    let epoch: Option<Epoch> = columns.next()?;
    let revocation = match kind.as_str() {
        "user" => user
            .zip(epoch)
            .map(|(id, epoch)| Revocation::User(id, epoch)),
        "authentication" => authentication
            .zip(epoch)
            .map(|(id, epoch)| Revocation::Authentication(id, epoch)),
        "session" => session.map(Revocation::Session),
        _ => None,
    };
    let news = match (kind.as_str(), revocation) {
        (_, Some(revocation)) => News::Revocation(revocation),
        ("user" | "authentication" | "session", None) => return Err(columns.corrupt()),
        ("sealing_keys", None) => News::SealingKeys,
        ("partners", None) => News::Partners,
        ("api_keys", None) => News::ApiKeys,
        ("ended", None) => News::Ended,
        // A node that stopped here would hear of nothing any more.
        (_, None) => News::Unknown,
    };
    Ok(Entry {
        place,
        news,
        at: columns.next()?,
    })
}

/// Tells a user's epoch, raised just before.
#[must_use]
pub fn user(id: UserId, now: Timestamp) -> Step {
    Step::new(USER, [id.into(), now.into()])
}

/// Tells a user's epoch, if it was raised just before.
#[must_use]
pub fn user_if_raised(id: UserId, now: Timestamp) -> Step {
    Step::new(USER_IF_RAISED, [id.into(), now.into()])
}

/// Tells the end of all sessions of a user who is deleted just after.
#[must_use]
pub fn user_going(id: UserId, now: Timestamp) -> Step {
    Step::new(USER_GOING, [id.into(), now.into()])
}

/// Tells an authentication's epoch, raised just before.
#[must_use]
pub fn authentication(id: AuthenticationId, now: Timestamp) -> Step {
    Step::new(AUTHENTICATION, [id.into(), now.into()])
}

/// Tells an authentication's epoch if it was revoked just before.
#[must_use]
pub fn authentication_if_revoked(id: AuthenticationId, now: Timestamp) -> Step {
    Step::new(AUTHENTICATION_IF_REVOKED, [id.into(), now.into()])
}

/// Tells the epochs of a device's authentications that were revoked just before.
#[must_use]
pub fn authentications_of_device(id: DeviceId, now: Timestamp) -> Step {
    Step::new(AUTHENTICATIONS_OF_DEVICE, [id.into(), now.into()])
}

/// Tells the epochs of a user's authentications that were revoked just before.
#[must_use]
pub fn authentications_of_user(id: UserId, now: Timestamp) -> Step {
    Step::new(AUTHENTICATIONS_OF_USER, [id.into(), now.into()])
}

/// Tells the end of one session, unless `most` of its authentication were ended one by one
/// after `since`: then it conflicts, and the authentication's epoch is raised instead.
#[must_use]
pub fn session(
    authentication: AuthenticationId,
    session: SessionId,
    most: i64,
    since: Timestamp,
    now: Timestamp,
) -> Step {
    let values = [
        authentication.into(),
        session.into(),
        now.into(),
        most.into(),
        since.into(),
    ];
    Step::new(SESSION, values)
}

/// Tells that the sealing keys have changed.
#[must_use]
pub fn sealing_keys(now: Timestamp) -> Step {
    Step::new(NEWS, ["sealing_keys".into(), now.into()])
}

/// Tells that the partners have changed.
#[must_use]
pub fn partners(now: Timestamp) -> Step {
    Step::new(NEWS, ["partners".into(), now.into()])
}

/// Tells that the API keys have changed.
#[must_use]
pub fn api_keys(now: Timestamp) -> Step {
    Step::new(NEWS, ["api_keys".into(), now.into()])
}

/// Gives a place to what ends one-time tokens just after.
#[must_use]
pub fn ended(now: Timestamp) -> Step {
    Step::new(NEWS, ["ended".into(), now.into()])
}

/// Deletes up to `most` rows older than `before`, none behind `read_to`.
#[must_use]
pub fn sweep(read_to: Place, before: Timestamp, most: i64) -> Step {
    Step::new(SWEEP, [before.into(), most.into(), read_to.0.into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A statement that is missing there tells every node but the one that ran it.
    #[test]
    fn every_statement_that_tells_is_heard_by_who_commits_it() {
        let inserting = |s: &&&Statement| s.sql.contains("INSERT INTO feed");
        let all: Vec<_> = ALL.iter().filter(inserting).map(|s| s.name).collect();
        let heard: Vec<_> = TELLING.iter().map(|s| s.name).collect();
        assert_eq!(all, heard);
    }
}

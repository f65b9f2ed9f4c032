//! Messages that wait to be delivered.
//!
//! Whoever delivers one claims it first. A claim counts an attempt, and until the end of its
//! lease nobody else gets the message; the number of the attempt says who holds it.

use countersign_domain::Timestamp;
use countersign_domain::authentication::Channel;
use countersign_domain::id::MessageId;
use countersign_domain::message::SealedMessage;

use crate::statement::statements;
use crate::value::{Columns, Row};
use crate::{Outcome, Step, StoreError};

statements! {
    INSERT expects One:
        "INSERT INTO messages (id, partner, channel, key, sealed, attempts, due_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7)";
    CLAIM expects Any:
        "UPDATE messages SET attempts = attempts + 1, due_at = $3
         WHERE due_at <= $2 AND id IN (
             SELECT m.id FROM messages m WHERE m.channel = $1 AND m.due_at <= $2
             ORDER BY m.due_at LIMIT $4)
         RETURNING id, partner, channel, key, sealed, expires_at, attempts";
    SENT expects Any:
        "DELETE FROM messages WHERE id = $1";
    LATER expects Any:
        "UPDATE messages SET due_at = $3 WHERE id = $1 AND attempts = $2";
    GIVE_UP expects One:
        "DELETE FROM messages WHERE id = $1 AND attempts = $2";
    SWEEP expects Any:
        "DELETE FROM messages WHERE id IN (
             SELECT m.id FROM messages m WHERE m.expires_at < $1
             ORDER BY m.expires_at LIMIT $2)";
}

/// A message, and the attempt at it that whoever claimed it may make.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The message.
    pub message: SealedMessage,
    /// Which attempt this is, counted from 1.
    pub attempt: i64,
}

/// Adds a message, due at once.
#[must_use]
pub fn insert(message: &SealedMessage, now: Timestamp) -> Step {
    let values = [
        message.id.into(),
        (&message.partner).into(),
        message.channel.into(),
        message.key.into(),
        message.sealed.as_slice().into(),
        now.into(),
        message.expires_at.into(),
    ];
    Step::new(INSERT, values)
}

/// Claims up to `most` messages of this channel that are due, the longest due first, until
/// `lease_ends`. Also those that are of no use any more: somebody has to say so.
#[must_use]
pub fn claim(channel: Channel, now: Timestamp, lease_ends: Timestamp, most: i64) -> Step {
    let values = [channel.into(), now.into(), lease_ends.into(), most.into()];
    Step::new(CLAIM, values)
}

/// What a batch claimed. One that cannot be read is no reason to leave the others.
pub fn claimed(outcome: &Outcome) -> impl Iterator<Item = Result<Claim, StoreError>> {
    outcome.rows_of(CLAIM).map(read)
}

fn read(row: &Row) -> Result<Claim, StoreError> {
    let mut columns = Columns::new(CLAIM, row);
    Ok(Claim {
        message: SealedMessage {
            id: columns.next()?,
            partner: columns.next()?,
            channel: columns.next()?,
            key: columns.next()?,
            sealed: columns.next()?,
            expires_at: columns.next()?,
        },
        attempt: columns.next()?,
    })
}

/// Deletes a message that was sent, whoever holds it by now: it must not be sent again.
#[must_use]
pub fn sent(id: MessageId) -> Step {
    Step::new(SENT, [id.into()])
}

/// Has the next attempt begin at `due_at`, if nobody else has begun it by now.
#[must_use]
pub fn later(id: MessageId, attempt: i64, due_at: Timestamp) -> Step {
    Step::new(LATER, [id.into(), attempt.into(), due_at.into()])
}

/// Deletes a message that is not sent. Conflicts where somebody else has begun another
/// attempt.
#[must_use]
pub fn give_up(id: MessageId, attempt: i64) -> Step {
    Step::new(GIVE_UP, [id.into(), attempt.into()])
}

/// Deletes up to `most` messages that were of no use any more before `before`.
#[must_use]
pub fn sweep(before: Timestamp, most: i64) -> Step {
    Step::new(SWEEP, [before.into(), most.into()])
}

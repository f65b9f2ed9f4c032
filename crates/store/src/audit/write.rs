//! Adding entries.

use countersign_domain::Timestamp;
use countersign_domain::audit::{Entry, Mac};
use countersign_domain::id::AnyId;

use crate::Step;
use crate::statement::statements;
use crate::value::Value;

statements! {
    INSERT expects One:
        "INSERT INTO audit (id, request_id, at, action, outcome, reason, actor, actor_id, partner,
                            user_id, subject, subject_id, detail, address, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    INSERT_AGAIN expects Any:
        "INSERT INTO audit (id, request_id, at, action, outcome, reason, actor, actor_id, partner,
                            user_id, subject, subject_id, detail, address, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (id) DO NOTHING";
    INSERT_IF_REVOKED expects Any:
        "INSERT INTO audit (id, request_id, at, action, outcome, reason, actor, actor_id, partner,
                            user_id, subject, subject_id, detail, address, mac)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
         WHERE EXISTS (
             SELECT 1 FROM authentications a
             WHERE (a.id = $16 OR a.device_id = $16) AND a.revoked_at = $17)";
}

/// Adds an entry, in the unit of work of what it tells.
#[must_use]
pub fn insert(entry: &Entry, mac: &Mac) -> Step {
    Step::new(INSERT, values(entry, mac))
}

/// Adds an entry of which it is unknown whether it was added before.
#[must_use]
pub fn insert_again(entry: &Entry, mac: &Mac) -> Step {
    Step::new(INSERT_AGAIN, values(entry, mac))
}

/// Adds an entry if, just before in the same batch, the authentication with this id, or one on
/// the device with this id, was revoked at `now`.
#[must_use]
pub fn insert_if_revoked(entry: &Entry, mac: &Mac, id: AnyId, now: Timestamp) -> Step {
    let mut all = values(entry, mac).to_vec();
    all.extend([id.into(), now.into()]);
    Step {
        statement: INSERT_IF_REVOKED,
        values: all,
    }
}

fn values(entry: &Entry, mac: &Mac) -> [Value; 15] {
    let text = |text: &Option<String>| text.as_ref().into();
    [
        entry.id.into(),
        entry.request.into(),
        entry.at.into(),
        (&entry.action).into(),
        (&entry.outcome).into(),
        text(&entry.reason),
        (&entry.actor).into(),
        entry.actor_id.into(),
        text(&entry.partner),
        entry.user.into(),
        text(&entry.subject),
        entry.subject_id.into(),
        text(&entry.detail),
        text(&entry.address),
        mac.as_bytes().as_slice().into(),
    ]
}

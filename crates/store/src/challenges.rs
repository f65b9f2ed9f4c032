//! Challenges and their codes.

use countersign_domain::Timestamp;
use countersign_domain::challenge::{
    Candidate, Challenge, GUESSES, SEND_AGAIN_AFTER, SENDS, SentCode,
};
use countersign_domain::id::{AuthenticationId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::key::KeyedHash;
use countersign_domain::locale::Locale;

use crate::statement::{Statement, statements};
use crate::value::{Columns, Row, Value, keyed_hash_values};
use crate::{Outcome, Step, Store, StoreError, devices};

statements! {
    INSERT expects One:
        "INSERT INTO challenges
             (id, partner, identity_type, identity_value, authenticator, candidate, user_id,
              user_epoch, device_id, known_device, device_name, make, model, os_name, os_version,
              pin_hash, pin_key, locale, guesses, sends, sent_at, created_at, updated_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                 $17, $18, 0, 1, $19, $19, $19, $20)";
    INSERT_CODE expects One:
        "INSERT INTO challenge_codes (challenge_id, sent_at, hash, key, expires_at)
         VALUES ($1, $2, $3, $4, $5)";
    BY_ID expects Any:
        "SELECT id, partner, identity_type, identity_value, authenticator, candidate, user_id,
                user_epoch, device_id, known_device, device_name, make, model, os_name, os_version,
                pin_hash, pin_key, locale, guesses, sends, sent_at, created_at, updated_at,
                expires_at, redeemed_at
         FROM challenges WHERE id = $1";
    CODES expects Any:
        "SELECT hash, key, expires_at FROM challenge_codes
         WHERE challenge_id = $1 ORDER BY sent_at";
    COUNT_GUESS expects One:
        "UPDATE challenges SET guesses = guesses + 1, updated_at = $2
         WHERE id = $1 AND redeemed_at IS NULL AND guesses < $3 AND expires_at > $2
         RETURNING id, partner, identity_type, identity_value, authenticator, candidate, user_id,
                user_epoch, device_id, known_device, device_name, make, model, os_name, os_version,
                pin_hash, pin_key, locale, guesses, sends, sent_at, created_at, updated_at,
                expires_at, redeemed_at";
    REDEEM expects One:
        "UPDATE challenges SET redeemed_at = $2, updated_at = $2
         WHERE id = $1 AND redeemed_at IS NULL AND candidate <> 'decoy'";
    END_OF_USER expects Any:
        "UPDATE challenges SET candidate = 'decoy', user_id = NULL, user_epoch = NULL
         WHERE id >= $1 AND EXISTS (
             SELECT 1 FROM identities i
             WHERE i.user_id = $2 AND i.partner = challenges.partner
               AND i.type = challenges.identity_type AND i.value = challenges.identity_value)";
    SEND_AGAIN expects One:
        "UPDATE challenges
         SET sends = sends + 1, sent_at = $2, updated_at = $2, expires_at = $3
         WHERE id = $1 AND redeemed_at IS NULL AND guesses < $4 AND expires_at > $2
           AND sends < $5 AND sent_at <= $6";
    SWEEP_CODES expects Any:
        "DELETE FROM challenge_codes WHERE challenge_id IN (
             SELECT c.id FROM challenges c WHERE c.id < $1 ORDER BY c.id LIMIT $2)";
    SWEEP expects Any:
        "DELETE FROM challenges WHERE id IN (
             SELECT c.id FROM challenges c WHERE c.id < $1 ORDER BY c.id LIMIT $2)";
}

impl Store {
    /// The challenge with this id, until it is swept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn challenge(&self, id: AuthenticationId) -> Result<Option<Challenge>, StoreError> {
        let rows = self.rows(BY_ID, vec![id.into()]).await?;
        rows.first().map(|row| read(BY_ID, row)).transpose()
    }

    /// The codes that a challenge sent, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn codes(&self, id: AuthenticationId) -> Result<Vec<SentCode>, StoreError> {
        let rows = self.rows(CODES, vec![id.into()]).await?;
        let codes = rows.iter().map(|row| {
            let mut columns = Columns::new(CODES, row);
            let bytes = columns.next()?;
            let key = columns.next()?;
            Ok(SentCode {
                hash: KeyedHash { key, bytes },
                expires_at: columns.next()?,
            })
        });
        codes.collect()
    }
}

fn read(statement: &'static Statement, row: &Row) -> Result<Challenge, StoreError> {
    let mut columns = Columns::new(statement, row);
    Ok(Challenge {
        id: columns.next()?,
        partner: columns.next()?,
        identity: Identity::from_normalised(columns.next()?, columns.next()?),
        channel: columns.next()?,
        candidate: candidate(&mut columns)?,
        device: columns.next()?,
        known_device: columns.next::<i64>()? != 0,
        device_name: columns.next()?,
        description: devices::description(&mut columns)?,
        pin: columns.keyed_hash()?,
        locale: columns.next()?,
        guesses: columns.next()?,
        sends: columns.next()?,
        sent_at: columns.next()?,
        created_at: columns.next()?,
        updated_at: columns.next()?,
        expires_at: columns.next()?,
        redeemed_at: columns.next()?,
    })
}

fn candidate(columns: &mut Columns<'_>) -> Result<Candidate, StoreError> {
    let word: String = columns.next()?;
    match (word.as_str(), columns.next()?, columns.next()?) {
        ("known", Some(user), Some(epoch)) => Ok(Candidate::Known(user, epoch)),
        ("unknown", None, None) => Ok(Candidate::Unknown),
        ("decoy", None, None) => Ok(Candidate::Decoy),
        _ => Err(columns.corrupt()),
    }
}

fn candidate_values(candidate: Candidate) -> [Value; 3] {
    match candidate {
        Candidate::Known(user, epoch) => ["known".into(), user.into(), epoch.into()],
        Candidate::Unknown => ["unknown".into(), Value::Null, Value::Null],
        Candidate::Decoy => ["decoy".into(), Value::Null, Value::Null],
    }
}

/// Adds a challenge just begun, with its first code.
#[must_use]
pub fn insert(challenge: &Challenge, code: &SentCode) -> [Step; 2] {
    let [candidate, user, epoch] = candidate_values(challenge.candidate);
    let [pin_hash, pin_key] = keyed_hash_values(challenge.pin.as_ref());
    let said = &challenge.description;
    let values = [
        challenge.id.into(),
        (&challenge.partner).into(),
        challenge.identity.kind().into(),
        challenge.identity.value().into(),
        challenge.channel.into(),
        candidate,
        user,
        epoch,
        challenge.device.into(),
        challenge.known_device.into(),
        (&challenge.device_name).into(),
        said.make.as_deref().into(),
        said.model.as_deref().into(),
        said.os_name.as_deref().into(),
        said.os_version.as_deref().into(),
        pin_hash,
        pin_key,
        challenge.locale.as_ref().map(Locale::as_str).into(),
        challenge.created_at.into(),
        challenge.expires_at.into(),
    ];
    let code = insert_code(challenge.id, code, challenge.created_at);
    [Step::new(INSERT, values), code]
}

fn insert_code(id: AuthenticationId, code: &SentCode, now: Timestamp) -> Step {
    let values = [
        id.into(),
        now.into(),
        code.hash.bytes.as_slice().into(),
        code.hash.key.into(),
        code.expires_at.into(),
    ];
    Step::new(INSERT_CODE, values)
}

/// Takes a guess: counted before anything is compared. Conflicts with a challenge that takes
/// no more.
#[must_use]
pub fn count_guess(id: AuthenticationId, now: Timestamp) -> Step {
    Step::new(COUNT_GUESS, [id.into(), now.into(), GUESSES.into()])
}

/// The challenge as it was when the guess was counted.
///
/// # Errors
/// [`StoreError::Corrupt`] if the statement was not in the batch.
pub fn guess_counted(outcome: &Outcome) -> Result<Challenge, StoreError> {
    let none = Vec::new();
    let row = outcome.rows_of(COUNT_GUESS).next().unwrap_or(&none);
    read(COUNT_GUESS, row)
}

/// Uses a challenge up. Conflicts with one that is used up already.
#[must_use]
pub fn redeem(id: AuthenticationId, now: Timestamp) -> Step {
    Step::new(REDEEM, [id.into(), now.into()])
}

/// Ends the challenges of a user's identities that were begun at or after `since`, those from
/// before it was a user as well. Comes before the identities are deleted.
#[must_use]
pub fn end_of_user(user: UserId, since: Timestamp) -> Step {
    let bound = AuthenticationId::first_at(since);
    Step::new(END_OF_USER, [bound.into(), user.into()])
}

/// Adds a code to a challenge that may send one at `now`.
#[must_use]
pub fn send_again(id: AuthenticationId, code: &SentCode, now: Timestamp) -> [Step; 2] {
    let values = [
        id.into(),
        now.into(),
        code.expires_at.into(),
        GUESSES.into(),
        SENDS.into(),
        now.minus(SEND_AGAIN_AFTER).into(),
    ];
    [Step::new(SEND_AGAIN, values), insert_code(id, code, now)]
}

/// Deletes up to `most` challenges begun before `before`, and their codes. All of them must
/// have expired by then.
#[must_use]
pub fn sweep(before: Timestamp, most: i64) -> [Step; 2] {
    let bound = AuthenticationId::first_at(before);
    [
        Step::new(SWEEP_CODES, [bound.into(), most.into()]),
        Step::new(SWEEP, [bound.into(), most.into()]),
    ]
}

//! What is counted of identities: codes sent, and guesses.
//!
//! Each is taken by one guarded statement, so that any number of nodes share a limit exactly.
//! Every identity has rows of its own, and so has each of its known devices.

use countersign_domain::Timestamp;
use countersign_domain::authentication::{Authenticator, Channel};
use countersign_domain::id::DeviceId;
use countersign_domain::limits::{
    FAILURE_KEPT, FAILURES_IN_A_ROW, IdentityMark, Rate, SKEW, SWITCHED_OFF_KEPT, SendLimits,
    SentLog,
};

use crate::statement::{Statement, statements};
use crate::value::{Columns, Value};
use crate::{Outcome, Step, Store, StoreError};

statements! {
    TAKE_SEND expects One:
        "INSERT INTO sends (identity, device, sent, until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (identity, device) DO UPDATE
         SET sent = CASE WHEN substr(sends.sent, 1, 18) > $8 THEN excluded.sent
                         ELSE substr(excluded.sent || sends.sent, 1,
                                     CAST(CAST($9 AS BIGINT) AS INTEGER)) END,
             until = excluded.until
         WHERE substr(sends.sent, 1, 18) > $8
            OR (substr(sends.sent, 1, 18) <= $5
                AND substr(sends.sent, CAST(CAST($10 AS BIGINT) AS INTEGER), 18) <= $6
                AND substr(sends.sent, CAST(CAST($11 AS BIGINT) AS INTEGER), 18) <= $7)";
    TAKE_GUESS expects One:
        "INSERT INTO guesses (identity, authenticator, device, full, failures, until)
         VALUES ($1, $2, $3, $4 + $5, 1, $4 + $9)
         ON CONFLICT (identity, authenticator, device) DO UPDATE
         SET full = $5 + CASE WHEN guesses.full < $4 OR guesses.full > $7 THEN $4
                              ELSE guesses.full END,
             failures = guesses.failures + 1,
             until = $4 + CASE WHEN guesses.failures + 1 >= $8 THEN $10
                               ELSE (guesses.failures + 1) * $9 END
         WHERE guesses.failures < $8 AND (guesses.full <= $6 OR guesses.full > $7)
         RETURNING failures";
    GIVE_BACK expects Any:
        "UPDATE guesses SET full = full - $4, failures = failures - 1,
             until = CASE WHEN failures <= 1 THEN full - $4 ELSE until END
         WHERE identity = $1 AND authenticator = $2 AND device = $3 AND failures > 0";
    SUCCEEDED expects Any:
        "UPDATE guesses SET full = full - $4, failures = 0, until = full - $4
         WHERE identity = $1 AND authenticator = $2 AND device = $3";
    PROVED_ANEW expects Any:
        "UPDATE guesses SET failures = 0, until = full
         WHERE identity = $1 AND authenticator <> $2 AND (device = $3 OR device = $4)";
    CODE_CAME_BACK expects Any:
        "UPDATE guesses SET failures = 0, until = full
         WHERE identity = $1 AND authenticator = $2 AND device = $3";
    COUNT_ANYWAY expects Any:
        "UPDATE guesses SET failures = failures + 1
         WHERE identity = $1 AND authenticator = $2 AND device = $3";
    CLEAR_PASSWORD expects Any:
        "DELETE FROM guesses WHERE identity = $1 AND authenticator = $2";
    CLEAR_GUESSES expects Any:
        "DELETE FROM guesses WHERE identity = $1";
    CLEAR_SENDS expects Any:
        "DELETE FROM sends WHERE identity = $1";
    SENDS expects Any:
        "SELECT device, sent FROM sends WHERE identity = $1 ORDER BY device LIMIT 200";
    GUESSES expects Any:
        "SELECT device, authenticator, full, failures, until FROM guesses
         WHERE identity = $1 ORDER BY authenticator, device LIMIT 600";
    SWEEP_SENDS expects Any:
        "DELETE FROM sends WHERE (identity, device) IN (
             SELECT s.identity, s.device FROM sends s
             WHERE s.until < $1 ORDER BY s.until LIMIT $2)";
    SWEEP_GUESSES expects Any:
        "DELETE FROM guesses WHERE (identity, authenticator, device) IN (
             SELECT g.identity, g.authenticator, g.device FROM guesses g
             WHERE g.until < $1 ORDER BY g.until LIMIT $2)";
}

/// Whom something is counted of: an identity, and of it one known device or all that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The identity.
    pub identity: IdentityMark,
    /// The known device, which is counted by itself.
    pub device: Option<DeviceId>,
}

impl Counted {
    fn values(&self) -> [Value; 2] {
        [
            self.identity.as_bytes().as_slice().into(),
            device(self.device),
        ]
    }
}

/// Nobody's device is the empty one.
fn device(id: Option<DeviceId>) -> Value {
    let none = || Value::Bytes(Vec::new());
    id.map_or_else(none, Value::from)
}

/// What was sent to an identity.
#[derive(Clone, Debug)]
pub struct Sends {
    /// To which known device; none for all others.
    pub device: Option<DeviceId>,
    /// When.
    pub sent: SentLog,
}

/// What was guessed of an identity since it was last right.
#[derive(Clone, Copy, Debug)]
pub struct Guesses {
    /// From which known device; none for all others.
    pub device: Option<DeviceId>,
    /// With which authenticator.
    pub authenticator: Authenticator,
    /// When all guesses are allowed again that there are at once.
    pub full: Timestamp,
    /// How many failed in a row.
    pub failures: i64,
    /// When nothing of it counts any more.
    pub until: Timestamp,
}

impl Guesses {
    /// Whether so many failed that the authenticator is switched off.
    #[must_use]
    pub fn switched_off(&self) -> bool {
        self.failures >= FAILURES_IN_A_ROW
    }
}

impl Store {
    /// What was sent to an identity, for each known device by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sends(&self, identity: IdentityMark) -> Result<Vec<Sends>, StoreError> {
        let rows = self
            .rows(SENDS, vec![identity.as_bytes().as_slice().into()])
            .await?;
        let sends = rows.iter().map(|row| {
            let mut columns = Columns::new(SENDS, row);
            let device = read_device(&mut columns)?;
            let sent: String = columns.next()?;
            let sent = SentLog::read(&sent).ok_or_else(|| columns.corrupt())?;
            Ok(Sends { device, sent })
        });
        sends.collect()
    }

    /// What was guessed of an identity, for each authenticator and known device by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn guesses(&self, identity: IdentityMark) -> Result<Vec<Guesses>, StoreError> {
        let rows = self
            .rows(GUESSES, vec![identity.as_bytes().as_slice().into()])
            .await?;
        let guesses = rows.iter().map(|row| {
            let mut columns = Columns::new(GUESSES, row);
            Ok(Guesses {
                device: read_device(&mut columns)?,
                authenticator: columns.next()?,
                full: columns.next()?,
                failures: columns.next()?,
                until: columns.next()?,
            })
        });
        guesses.collect()
    }
}

fn read_device(columns: &mut Columns<'_>) -> Result<Option<DeviceId>, StoreError> {
    let bytes: Vec<u8> = columns.next()?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let bytes = bytes.as_slice().try_into().map_err(|_| columns.corrupt())?;
    Ok(Some(DeviceId::from_bytes(bytes)))
}

/// Takes one of the messages that may be sent to an identity. Conflicts ([`none_left`]) where
/// none may be sent now.
#[must_use]
pub fn take_send(counted: &Counted, limits: &SendLimits, now: Timestamp) -> Step {
    let [identity, device] = counted.values();
    let digits = |at| Value::Text(SentLog::digits(at));
    let [pause, hour, day] = limits.bounds(now);
    let place = |number: u32| SentLog::DIGITS * (i64::from(number.max(1)) - 1) + 1;
    let values = [
        identity,
        device,
        digits(now),
        limits.counts_until(now).into(),
        digits(pause),
        digits(hour),
        digits(day),
        digits(now.plus(SKEW)),
        (SentLog::DIGITS * i64::from(limits.kept())).into(),
        place(limits.per_hour).into(),
        place(limits.per_day).into(),
    ];
    Step::new(TAKE_SEND, values)
}

/// Takes a guess, which counts as a failure until it is known to be right. Conflicts
/// ([`none_left`]) where none may be taken now, or so many failed in a row that the
/// authenticator is switched off.
#[must_use]
pub fn take_guess(
    counted: &Counted,
    authenticator: Authenticator,
    rate: Rate,
    now: Timestamp,
) -> Step {
    let [identity, device] = counted.values();
    let micros = |duration: std::time::Duration| {
        Value::Int(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
    };
    let at = now.as_micros();
    let values = [
        identity,
        authenticator.into(),
        device,
        at.into(),
        rate.interval().into(),
        rate.latest(at).into(),
        rate.ahead(at).into(),
        FAILURES_IN_A_ROW.into(),
        micros(FAILURE_KEPT),
        micros(SWITCHED_OFF_KEPT),
    ];
    Step::new(TAKE_GUESS, values)
}

/// Whether a batch came to nothing because a limit is reached.
#[must_use]
pub fn none_left(error: &StoreError) -> bool {
    let statement = match error {
        StoreError::Conflict { statement } => *statement,
        StoreError::Unavailable { .. } | StoreError::Corrupt { .. } => return false,
    };
    statement == TAKE_SEND.name || statement == TAKE_GUESS.name
}

/// How many guesses failed in a row, should the one that was taken fail.
///
/// # Errors
/// [`StoreError::Corrupt`] if none was taken in the batch.
pub fn failures(outcome: &Outcome) -> Result<i64, StoreError> {
    let none = Vec::new();
    let row = outcome.rows_of(TAKE_GUESS).next().unwrap_or(&none);
    Columns::new(TAKE_GUESS, row).next()
}

/// Gives a guess back that was taken and never compared.
#[must_use]
pub fn give_back(counted: &Counted, authenticator: Authenticator, rate: Rate) -> Step {
    one_less(GIVE_BACK, counted, authenticator, rate)
}

/// Counts a guess that was right: it gets its own place back and ends what failed in a row.
/// What others guessed stays counted, or they would see that somebody came in.
#[must_use]
pub fn succeeded(counted: &Counted, authenticator: Authenticator, rate: Rate) -> Step {
    one_less(SUCCEEDED, counted, authenticator, rate)
}

/// What takes one guess out of the count again.
fn one_less(
    statement: &'static Statement,
    counted: &Counted,
    authenticator: Authenticator,
    rate: Rate,
) -> Step {
    let [identity, device] = counted.values();
    let interval = rate.interval().into();
    Step::new(
        statement,
        [identity, authenticator.into(), device, interval],
    )
}

/// Ends what failed in a row of a channel whose code came back, for whoever is no known device:
/// the address is proved anew.
#[must_use]
pub fn code_came_back(identity: IdentityMark, channel: Channel) -> Step {
    let values = [
        identity.as_bytes().as_slice().into(),
        Authenticator::from(channel).into(),
        device(None),
    ];
    Step::new(CODE_CAME_BACK, values)
}

/// Counts one more that failed, over the limit, where limits are only tried out.
#[must_use]
pub fn count_anyway(counted: &Counted, authenticator: Authenticator) -> Step {
    let [identity, device] = counted.values();
    Step::new(COUNT_ANYWAY, [identity, authenticator.into(), device])
}

/// Switches on again what was switched off of an identity of a user who proved to be it with
/// another authenticator: for whoever is no known device, and for the device that proved it.
#[must_use]
pub fn proved_anew(identity: IdentityMark, by: Authenticator, on: DeviceId) -> Step {
    let identity = identity.as_bytes().as_slice().into();
    let (none, on) = (device(None), device(Some(on)));
    Step::new(PROVED_ANEW, [identity, by.into(), none, on])
}

/// Forgets the passwords that were guessed of an identity: another was set.
#[must_use]
pub fn password_set(identity: IdentityMark) -> Step {
    let values = [
        identity.as_bytes().as_slice().into(),
        Authenticator::Password.into(),
    ];
    Step::new(CLEAR_PASSWORD, values)
}

/// Forgets all that is counted of an identity.
#[must_use]
pub fn clear(identity: IdentityMark) -> [Step; 2] {
    let identity = || Value::from(identity.as_bytes().as_slice());
    [
        Step::new(CLEAR_GUESSES, [identity()]),
        Step::new(CLEAR_SENDS, [identity()]),
    ]
}

/// Deletes up to `most` of each that counted for nothing any more before `before`.
#[must_use]
pub fn sweep(before: Timestamp, most: i64) -> [Step; 2] {
    [
        Step::new(SWEEP_SENDS, [before.into(), most.into()]),
        Step::new(SWEEP_GUESSES, [before.into(), most.into()]),
    ]
}

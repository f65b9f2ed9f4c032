//! What SMS cost, which of their codes were used, and the breakers.

use countersign_domain::Timestamp;
use countersign_domain::partner::Slug;
use countersign_domain::sms::{self, Breaker, Cap, Country, Counts, Money, Seen, Spans};

use crate::statement::statements;
use crate::value::{Columns, Value};
use crate::{Step, Store, StoreError};

statements! {
    RESERVE_COUNTRY expects One:
        "INSERT INTO sms_spend (day, partner, country, spent, sent)
         SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), 1
         WHERE CAST($4 AS BIGINT) <= CAST($5 AS BIGINT)
         ON CONFLICT (day, partner, country) DO UPDATE
         SET spent = sms_spend.spent + excluded.spent, sent = sms_spend.sent + 1
         WHERE sms_spend.spent + excluded.spent <= CAST($5 AS BIGINT)";
    RESERVE_PARTNER expects One:
        "INSERT INTO sms_spend (day, partner, country, spent, sent)
         SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), '*', CAST($3 AS BIGINT), 1
         WHERE CAST($3 AS BIGINT) <= CAST($4 AS BIGINT)
         ON CONFLICT (day, partner, country) DO UPDATE
         SET spent = sms_spend.spent + excluded.spent, sent = sms_spend.sent + 1
         WHERE sms_spend.spent + excluded.spent <= CAST($4 AS BIGINT)";
    RESERVE_INSTALLATION expects One:
        "INSERT INTO sms_spend (day, partner, country, spent, sent)
         SELECT CAST($1 AS BIGINT), '*', stripe.name, CAST($2 AS BIGINT), 1
         FROM (SELECT 0 AS number, '0' AS name UNION ALL SELECT 1, '1'
               UNION ALL SELECT 2, '2' UNION ALL SELECT 3, '3') AS stripe
         WHERE COALESCE((SELECT s.spent FROM sms_spend s
                         WHERE s.day = $1 AND s.partner = '*' AND s.country = stripe.name), 0)
               + CAST($2 AS BIGINT) <= CAST($3 AS BIGINT)
         ORDER BY (stripe.number + CAST($4 AS BIGINT)) % 4 LIMIT 1
         ON CONFLICT (day, partner, country) DO UPDATE
         SET spent = sms_spend.spent + excluded.spent, sent = sms_spend.sent + 1
         WHERE sms_spend.spent + excluded.spent <= CAST($3 AS BIGINT)";
    MARK_FULL expects One:
        "INSERT INTO sms_spend (day, partner, country, spent, sent, full_at)
         VALUES ($1, $2, $3, 0, 0, $4)
         ON CONFLICT (day, partner, country) DO UPDATE SET full_at = excluded.full_at
         WHERE sms_spend.full_at IS NULL";
    FULL expects Any:
        "SELECT full_at FROM sms_spend WHERE day = $1 AND partner = $2 AND country = $3";
    OF_DAY expects Any:
        "SELECT country, spent, sent, full_at FROM sms_spend WHERE day = $1 AND partner = $2
         ORDER BY spent DESC, country";
    COUNT_SENT expects One:
        "INSERT INTO sms_codes (partner, country, bucket, sent, used) VALUES ($1, $2, $3, 1, 0)
         ON CONFLICT (partner, country, bucket) DO UPDATE SET sent = sms_codes.sent + 1";
    COUNT_USED expects Any:
        "UPDATE sms_codes SET used = used + 1 WHERE partner = $1 AND country = $2 AND bucket = $3";
    NOT_SENT expects Any:
        "UPDATE sms_codes SET sent = sent - 1
         WHERE partner = $1 AND country = $2 AND bucket = $3 AND sent > used";
    SEEN expects Any:
        "SELECT CAST(COALESCE(SUM(CASE WHEN bucket >= $4 AND bucket <= $5 THEN sent ELSE 0 END), 0)
                    AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN bucket >= $4 AND bucket <= $5 THEN used ELSE 0 END), 0)
                    AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN bucket < $6 THEN sent ELSE 0 END), 0) AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN bucket < $6 THEN used ELSE 0 END), 0) AS BIGINT)
         FROM sms_codes WHERE partner = $1 AND country = $2 AND bucket >= $3";
    BREAKER expects Any:
        "SELECT opened_at, counted_from, next_probe_at FROM sms_breakers
         WHERE partner = $1 AND country = $2";
    BREAKERS expects Any:
        "SELECT country, opened_at, counted_from, next_probe_at FROM sms_breakers
         WHERE partner = $1 ORDER BY country";
    OPEN expects One:
        "INSERT INTO sms_breakers (partner, country, opened_at, counted_from, next_probe_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (partner, country) DO UPDATE
         SET opened_at = excluded.opened_at, counted_from = excluded.counted_from,
             next_probe_at = excluded.next_probe_at
         WHERE sms_breakers.opened_at IS NULL";
    PROBE expects One:
        "UPDATE sms_breakers SET next_probe_at = $4
         WHERE partner = $1 AND country = $2 AND opened_at IS NOT NULL AND next_probe_at <= $3";
    CLOSE expects One:
        "UPDATE sms_breakers SET opened_at = NULL, counted_from = $3
         WHERE partner = $1 AND country = $2 AND opened_at IS NOT NULL";
    SWEEP_SPEND expects Any:
        "DELETE FROM sms_spend WHERE (day, partner, country) IN (
             SELECT s.day, s.partner, s.country FROM sms_spend s WHERE s.day < $1
             ORDER BY s.day LIMIT $2)";
    SWEEP_CODES expects Any:
        "DELETE FROM sms_codes WHERE (partner, country, bucket) IN (
             SELECT c.partner, c.country, c.bucket FROM sms_codes c WHERE c.bucket < $1
             ORDER BY c.bucket LIMIT $2)";
}

/// What stands for all countries of a partner, and for all partners.
const ALL_OF: &str = "*";
/// The installation's sum is kept in so many rows, so that not every message waits for one.
const STRIPES: i64 = 4;

/// What was spent on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spent {
    /// To which country; `None` for the sum of all.
    pub country: Option<Country>,
    /// What it cost.
    pub spent: Money,
    /// How many messages.
    pub sent: i64,
    /// When a message was first refused because it would have cost too much.
    pub full_at: Option<Timestamp>,
}

impl Store {
    /// What a partner spent on a day, the dearest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sms_spent(&self, partner: &Slug, day: i64) -> Result<Vec<Spent>, StoreError> {
        let rows = self.rows(OF_DAY, vec![day.into(), partner.into()]).await?;
        let spent = rows.iter().map(|row| {
            let mut columns = Columns::new(OF_DAY, row);
            let country: String = columns.next()?;
            Ok(Spent {
                country: match &*country {
                    ALL_OF => None,
                    country => Some(country.parse().map_err(|_| columns.corrupt())?),
                },
                spent: Money::from_micros(columns.next()?),
                sent: columns.next()?,
                full_at: columns.next()?,
            })
        });
        spent.collect()
    }

    /// Whether a message was refused for this cap already that day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sms_cap_reached(
        &self,
        cap: Cap,
        partner: &Slug,
        country: &Country,
        day: i64,
    ) -> Result<bool, StoreError> {
        let [partner, country] = row_of(cap, partner, country);
        let rows = self.rows(FULL, vec![day.into(), partner, country]).await?;
        let full: Option<Option<Timestamp>> = rows
            .first()
            .map(|row| Columns::new(FULL, row).next())
            .transpose()?;
        Ok(full.flatten().is_some())
    }

    /// What was seen of the codes of a partner to a country.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sms_seen(
        &self,
        (partner, country): (&Slug, &Country),
        Spans { recent, usual }: Spans,
    ) -> Result<Seen, StoreError> {
        let values = vec![
            partner.into(),
            country.into(),
            usual[0].into(),
            recent[0].into(),
            recent[1].into(),
            usual[1].into(),
        ];
        let rows = self.rows(SEEN, values).await?;
        let none = Vec::new();
        let mut columns = Columns::new(SEEN, rows.first().unwrap_or(&none));
        let mut counts = || {
            Ok(Counts {
                sent: columns.next()?,
                used: columns.next()?,
            })
        };
        Ok(Seen {
            recent: counts()?,
            usual: counts()?,
        })
    }

    /// The breaker of a partner for a country, if it was ever open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sms_breaker(
        &self,
        partner: &Slug,
        country: &Country,
    ) -> Result<Option<Breaker>, StoreError> {
        let values = vec![partner.into(), country.into()];
        let rows = self.rows(BREAKER, values).await?;
        let breaker = rows.first();
        let breaker = breaker.map(|row| read_breaker(&mut Columns::new(BREAKER, row)));
        breaker.transpose()
    }

    /// All breakers of a partner that were ever open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sms_breakers(
        &self,
        partner: &Slug,
    ) -> Result<Vec<(Country, Breaker)>, StoreError> {
        let rows = self.rows(BREAKERS, vec![partner.into()]).await?;
        let breakers = rows.iter().map(|row| {
            let mut columns = Columns::new(BREAKERS, row);
            let country: String = columns.next()?;
            let country = country.parse().map_err(|_| columns.corrupt())?;
            Ok((country, read_breaker(&mut columns)?))
        });
        breakers.collect()
    }
}

fn read_breaker(columns: &mut Columns<'_>) -> Result<Breaker, StoreError> {
    Ok(Breaker {
        opened_at: columns.next()?,
        counted_from: columns.next()?,
        next_probe_at: columns.next()?,
    })
}

/// The row that says whether a cap was reached.
fn row_of(cap: Cap, partner: &Slug, country: &Country) -> [Value; 2] {
    match cap {
        Cap::Country => [partner.into(), country.into()],
        Cap::Partner => [partner.into(), ALL_OF.into()],
        Cap::Installation => [ALL_OF.into(), ALL_OF.into()],
    }
}

/// Reserves what a message costs, of a country's cap and of the partner's. Conflicts
/// ([`cap_reached`]) where either does not allow it.
#[must_use]
pub fn reserve(
    (partner, country): (&Slug, &Country),
    price: Money,
    [country_cap, partner_cap]: [Money; 2],
    now: Timestamp,
) -> [Step; 2] {
    let day: Value = sms::day(now).into();
    let of_country = [
        day.clone(),
        partner.into(),
        country.into(),
        price.into(),
        country_cap.into(),
    ];
    let of_partner = [day, partner.into(), price.into(), partner_cap.into()];
    [
        Step::new(RESERVE_COUNTRY, of_country),
        Step::new(RESERVE_PARTNER, of_partner),
    ]
}

/// Reserves it of the installation's cap, beginning to look for room at the stripe that a
/// random number says. Each stripe has its share of the cap, so the sum is never above it.
#[must_use]
pub fn reserve_of_all(price: Money, cap: Money, random: u32, now: Timestamp) -> Step {
    let share = Money::from_micros(cap.as_micros() / STRIPES);
    let values = [
        sms::day(now).into(),
        price.into(),
        share.into(),
        i64::from(random).rem_euclid(STRIPES).into(),
    ];
    Step::new(RESERVE_INSTALLATION, values)
}

/// Which cap did not allow it, if that was it.
#[must_use]
pub fn cap_reached(error: &StoreError) -> Option<Cap> {
    let StoreError::Conflict { statement } = error else {
        return None;
    };
    let caps = [
        (RESERVE_COUNTRY, Cap::Country),
        (RESERVE_PARTNER, Cap::Partner),
        (RESERVE_INSTALLATION, Cap::Installation),
    ];
    let found = caps.into_iter().find(|(of, _)| of.name == *statement);
    found.map(|(_, cap)| cap)
}

/// Notes that a cap was reached. Conflicts if it was that day already.
#[must_use]
pub fn mark_reached(cap: Cap, partner: &Slug, country: &Country, now: Timestamp) -> Step {
    let [partner, country] = row_of(cap, partner, country);
    Step::new(
        MARK_FULL,
        [sms::day(now).into(), partner, country, now.into()],
    )
}

/// Counts a code that is sent.
#[must_use]
pub fn count_sent(partner: &Slug, country: &Country, now: Timestamp) -> Step {
    let bucket = sms::bucket(now);
    Step::new(COUNT_SENT, [partner.into(), country.into(), bucket.into()])
}

/// Counts a code that was sent at `sent_at` and is used now.
#[must_use]
pub fn count_used(partner: &Slug, country: &Country, sent_at: Timestamp) -> Step {
    let bucket = sms::bucket(sent_at);
    Step::new(COUNT_USED, [partner.into(), country.into(), bucket.into()])
}

/// Takes back that a code was sent at `sent_at`: no provider took it, which tells nothing of
/// who would have used it.
#[must_use]
pub fn not_sent(partner: &Slug, country: &Country, sent_at: Timestamp) -> Step {
    let bucket = sms::bucket(sent_at);
    Step::new(NOT_SENT, [partner.into(), country.into(), bucket.into()])
}

/// Opens a breaker. Conflicts if it is open.
#[must_use]
pub fn open(partner: &Slug, country: &Country, now: Timestamp) -> Step {
    let values = [
        partner.into(),
        country.into(),
        now.into(),
        sms::bucket(now).plus(sms::BUCKET).into(),
        now.plus(sms::PROBE_EVERY).into(),
    ];
    Step::new(OPEN, values)
}

/// Takes the probe that is due. Conflicts if somebody else has taken it.
#[must_use]
pub fn probe(partner: &Slug, country: &Country, now: Timestamp) -> Step {
    let next = now.plus(sms::PROBE_EVERY);
    Step::new(
        PROBE,
        [partner.into(), country.into(), now.into(), next.into()],
    )
}

/// Whether somebody else had taken the probe.
#[must_use]
pub fn probe_taken(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { statement } if *statement == PROBE.name)
}

/// Closes a breaker. Conflicts unless it is open.
#[must_use]
pub fn close(partner: &Slug, country: &Country, now: Timestamp) -> Step {
    let counted_from = sms::bucket(now).plus(sms::BUCKET);
    Step::new(CLOSE, [partner.into(), country.into(), counted_from.into()])
}

/// Deletes up to `most` rows of what was spent before this day.
#[must_use]
pub fn sweep_spend(before: i64, most: i64) -> Step {
    Step::new(SWEEP_SPEND, [before.into(), most.into()])
}

/// Deletes up to `most` counts of codes that were sent before `before`.
#[must_use]
pub fn sweep_codes(before: Timestamp, most: i64) -> Step {
    Step::new(SWEEP_CODES, [before.into(), most.into()])
}

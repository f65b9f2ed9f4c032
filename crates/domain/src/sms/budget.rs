//! What may be spent on SMS, and where they may go.

use std::time::Duration;

use super::money::Money;
use super::prices::Prices;
use crate::Timestamp;
use crate::audit::Reason;

/// What the operator pays for SMS, and what all of them together may cost.
#[derive(Clone, Debug)]
pub struct Budget {
    /// What a message costs.
    pub prices: Prices,
    /// What all partners together may spend in a day; no bound where it is not said.
    pub daily: Option<Money>,
}

/// A bound of what is spent in one day, by UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cap {
    /// One partner's on one country.
    Country,
    /// One partner's in all.
    Partner,
    /// That of all partners together.
    Installation,
}

impl Cap {
    /// Its name, for the audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Country => "sms_country_daily_budget",
            Self::Partner => "sms_daily_budget",
            Self::Installation => "the installation's sms.daily_budget",
        }
    }
}

/// Why no SMS is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SmsRefusal {
    /// The number is of a country that the partner does not allow, or of none.
    #[error("no SMS is sent to this country")]
    CountryNotAllowed,
    /// What may be spent today is spent.
    #[error("what may be spent on SMS today is spent")]
    BudgetSpent(Duration),
    /// Too few of the codes sent to this country are used.
    #[error("too few of the codes sent to this country are used")]
    BreakerOpen(Duration),
}

impl SmsRefusal {
    /// The same for the audit.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::CountryNotAllowed => Reason::SmsCountryNotAllowed,
            Self::BudgetSpent(_) => Reason::SmsBudgetSpent,
            Self::BreakerOpen(_) => Reason::SmsBreakerOpen,
        }
    }
}

const DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// A budget may be raised long before the day ends, so nobody is told to wait longer.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The day, counted from 1970 in UTC.
#[must_use]
pub fn day(now: Timestamp) -> i64 {
    now.as_micros().div_euclid(DAY)
}

/// The refusal of what a cap does not allow: to wait for the next day, or for an hour.
#[must_use]
pub fn reached(now: Timestamp) -> SmsRefusal {
    let tomorrow = Timestamp::from_micros((day(now) + 1).saturating_mul(DAY));
    SmsRefusal::BudgetSpent(tomorrow.since(now).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_holds_until_the_day_ends_and_nobody_waits_longer_than_an_hour() {
        let midnight = Timestamp::from_micros(20_000 * DAY);
        assert_eq!(day(midnight), 20_000);
        let before = midnight.minus(Duration::from_micros(1));
        assert_eq!(day(before), 19_999);
        let wait = |now| reached(now);
        let seconds = |seconds| SmsRefusal::BudgetSpent(Duration::from_secs(seconds));
        assert_eq!(wait(midnight.minus(Duration::from_secs(90))), seconds(90));
        assert_eq!(wait(midnight), seconds(3600));
        assert_eq!(day(Timestamp::from_micros(-1)), -1);
    }
}

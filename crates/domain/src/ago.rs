//! How long ago something was, as people say it.

use crate::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long ago something was. Nobody's time zone is known, so that nothing finer than a day is
/// said of what is more than a day ago.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ago {
    /// Less than a minute; or, by a clock that is off, not yet.
    JustNow,
    /// This many minutes, fewer than sixty.
    Minutes(u64),
    /// This many hours, fewer than twenty-four.
    Hours(u64),
    /// At least one day, and not two.
    Yesterday,
    /// This many days, fewer than seven.
    Days(u64),
    /// So long that it is told by its date.
    On(Date),
}

/// A day, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date {
    /// The year, 1 to 9999.
    pub year: u64,
    /// The month, 1 to 12.
    pub month: u64,
    /// The day, 1 to 31.
    pub day: u64,
}

impl Ago {
    /// How long before `now` something was.
    #[must_use]
    pub fn of(then: Timestamp, now: Timestamp) -> Self {
        match now.since(then).as_secs() {
            ..MINUTE => Self::JustNow,
            seconds @ ..HOUR => Self::Minutes(seconds / MINUTE),
            seconds @ ..DAY => Self::Hours(seconds / HOUR),
            seconds if seconds < 2 * DAY => Self::Yesterday,
            seconds if seconds < 7 * DAY => Self::Days(seconds / DAY),
            _ => Self::On(Date::of(then)),
        }
    }
}

impl Date {
    fn of(moment: Timestamp) -> Self {
        let moment = jiff::Timestamp::from_microsecond(moment.as_micros());
        let moment = moment.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let date = jiff::tz::Offset::UTC.to_datetime(moment).date();
        Self {
            year: u64::from(date.year().unsigned_abs()),
            month: u64::from(date.month().unsigned_abs()),
            day: u64::from(date.day().unsigned_abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::now(0, Ago::JustNow)]
    #[case::almost_a_minute(59, Ago::JustNow)]
    #[case::a_minute(60, Ago::Minutes(1))]
    #[case::almost_an_hour(3_599, Ago::Minutes(59))]
    #[case::an_hour(3_600, Ago::Hours(1))]
    #[case::almost_a_day(86_399, Ago::Hours(23))]
    #[case::a_day(86_400, Ago::Yesterday)]
    #[case::almost_two_days(172_799, Ago::Yesterday)]
    #[case::two_days(172_800, Ago::Days(2))]
    #[case::almost_a_week(604_799, Ago::Days(6))]
    #[case::a_week(604_800, Ago::On(Date { year: 2026, month: 11, day: 12 }))]
    fn it_is_told_as_people_say_it(#[case] seconds: u64, #[case] ago: Ago) {
        let now: Timestamp = "2026-11-19T10:00:00Z".parse().expect("a moment");
        let then = now.minus(Duration::from_secs(seconds));
        assert_eq!(Ago::of(then, now), ago);
    }

    #[test]
    fn what_is_yet_to_be_was_just_now() {
        let now: Timestamp = "2026-11-19".parse().expect("a day");
        let later = now.plus(Duration::from_secs(7_200));
        assert_eq!(Ago::of(later, now), Ago::JustNow);
    }

    #[rstest]
    #[case("1970-01-01T00:00:00Z", (1970, 1, 1))]
    #[case("1999-12-31T23:59:59Z", (1999, 12, 31))]
    #[case("2024-02-29T12:00:00Z", (2024, 2, 29))]
    #[case("2100-03-01T00:00:00Z", (2100, 3, 1))]
    fn a_date_is_that_of_its_day_in_utc(#[case] then: &str, #[case] date: (u64, u64, u64)) {
        let then: Timestamp = then.parse().expect("a moment");
        let now = then.plus(Duration::from_secs(30 * DAY));
        let (year, month, day) = date;
        assert_eq!(Ago::of(then, now), Ago::On(Date { year, month, day }));
    }
}

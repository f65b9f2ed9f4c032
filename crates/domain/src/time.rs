//! Moments, in microseconds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::fmt::StdFmtWrite;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Serialize, Serializer};

static PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// A moment: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Displayed as RFC 3339 in UTC with exactly six fractional digits, so that every time on
/// the wire has the same length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest moment that can be shown: 9999-12-30T00:00:00Z, in the year 9999 in every zone.
    const MAX: i64 = 253_402_128_000_000_000;

    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The moment `micros` microseconds after 1970 began; outside of the years 1 to 9999 it
    /// is the nearest moment inside.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(-62_135_596_800_000_000, Self::MAX))
    }

    /// Microseconds since 1970 began.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970 began, zero before it: the time in a version 7 UUID.
    #[must_use]
    pub fn as_unix_millis(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(0)
    }

    /// The moment `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// The moment `duration` earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_sub(micros))
    }

    /// How long it is from `earlier` to this moment, zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

/// The text is no moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a moment is written like 2026-03-01T12:00:00Z, or 2026-03-01 for its first")]
pub struct InvalidTimestamp;

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Reads RFC 3339, or a date, which is its first moment in UTC.
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let read = |text: &str| text.parse().map(jiff::Timestamp::as_microsecond);
        let micros = read(text).or_else(|_| read(&format!("{text}T00:00:00Z")));
        micros.map(Self::from_micros).map_err(|_| InvalidTimestamp)
    }
}

impl Timestamp {
    /// Appends the moment as it is displayed.
    pub fn append_to(self, text: &mut String) {
        let printed = PRINTER.print_timestamp(&self.moment(), text);
        printed.expect("a text takes whatever is written into it");
    }

    fn moment(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printed = PRINTER.print_timestamp(&self.moment(), StdFmtWrite(f));
        printed.map_err(|_| fmt::Error)
    }
}

impl Serialize for Timestamp {
    /// As it is displayed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_six_fractional_digits() {
        assert_eq!(
            Timestamp::from_micros(1_666_621_438_045_641).to_string(),
            "2022-10-24T14:23:58.045641Z"
        );
        assert_eq!(
            Timestamp::from_micros(0).to_string(),
            "1970-01-01T00:00:00.000000Z"
        );
    }

    #[test]
    fn reads_what_it_shows_and_a_date() {
        for micros in [1_666_621_438_045_641, 0] {
            let moment = Timestamp::from_micros(micros);
            assert_eq!(moment.to_string().parse(), Ok(moment));
        }
        assert_eq!("1970-01-02".parse(), Ok(Timestamp(86_400_000_000)));
        for wrong in ["", "yesterday", "2026-13-01", "2026-03-01T12:00:00"] {
            assert_eq!(wrong.parse::<Timestamp>(), Err(InvalidTimestamp), "{wrong}");
        }
    }

    #[test]
    fn arithmetic_stays_within_what_can_be_shown() {
        let last = Timestamp::from_micros(i64::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
        assert!(last.to_string().starts_with("9999-"));
        let first = Timestamp::from_micros(i64::MIN);
        assert_eq!(first.minus(Duration::MAX), first);
        assert!(first.to_string().starts_with("0001-"));
        assert_eq!(first.since(last), Duration::ZERO);
    }
}

//! What limits hold.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Rate, SendLimits};
use crate::authentication::Authenticator;

/// What limits hold for one partner's users, every value decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Whether what is over a limit is counted and let through. What a challenge takes of
    /// guesses and an authentication of PINs stays as it is.
    pub dry_run: bool,
    /// How long after one code the next may be sent to the same identity.
    pub code_pause: Duration,
    /// Codes that are sent to one identity in an hour.
    pub codes_per_hour: u32,
    /// Codes that are sent to one identity in a day.
    pub codes_per_day: u32,
    /// Passwords that are tried for one identity in an hour. What is right does not count.
    pub password_guesses_per_hour: u32,
    /// Codes that are tried for one identity in an hour, over all its challenges.
    pub code_guesses_per_hour: u32,
    /// Messages that a node sends for all of the partner's users in a minute.
    pub sends_per_minute: u32,
    /// Guesses of all of the partner's users that a node takes in a minute.
    pub guesses_per_minute: u32,
}

/// What limits hold for one node, over all partners.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeLimits {
    /// Messages that one address may have sent in an hour.
    pub address_sends_per_hour: u32,
    /// Wrong guesses of one address in an hour.
    pub address_guesses_per_hour: u32,
    /// Messages that are sent in a minute.
    pub sends_per_minute: u32,
    /// Guesses that are taken in a minute.
    pub guesses_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dry_run: false,
            code_pause: Duration::from_secs(60),
            codes_per_hour: 5,
            codes_per_day: 10,
            password_guesses_per_hour: 10,
            code_guesses_per_hour: 20,
            sends_per_minute: 1_000,
            guesses_per_minute: 6_000,
        }
    }
}

impl Default for NodeLimits {
    fn default() -> Self {
        Self {
            address_sends_per_hour: 60,
            address_guesses_per_hour: 300,
            sends_per_minute: 3_000,
            guesses_per_minute: 20_000,
        }
    }
}

impl Limits {
    /// The longest pause between two codes.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
    /// Codes in an hour, at most.
    pub const CODES_PER_HOUR: RangeInclusive<u32> = 1..=100;
    /// Codes in a day, at most.
    pub const CODES_PER_DAY: RangeInclusive<u32> = 1..=200;
    /// Guesses of an identity in an hour, at most.
    pub const GUESSES_PER_HOUR: RangeInclusive<u32> = 1..=10_000;
    /// Messages and guesses in a minute, at most.
    pub const PER_MINUTE: RangeInclusive<u32> = 1..=1_000_000;

    /// Whether every value is in its range.
    #[must_use]
    pub fn in_range(&self) -> bool {
        self.code_pause <= Self::LONGEST_PAUSE
            && Self::CODES_PER_HOUR.contains(&self.codes_per_hour)
            && Self::CODES_PER_DAY.contains(&self.codes_per_day)
            && Self::GUESSES_PER_HOUR.contains(&self.password_guesses_per_hour)
            && Self::GUESSES_PER_HOUR.contains(&self.code_guesses_per_hour)
            && Self::PER_MINUTE.contains(&self.sends_per_minute)
            && Self::PER_MINUTE.contains(&self.guesses_per_minute)
    }

    /// What may be sent to one identity.
    #[must_use]
    pub fn sends(&self) -> SendLimits {
        SendLimits {
            pause: self.code_pause,
            per_hour: self.codes_per_hour,
            per_day: self.codes_per_day,
        }
    }

    /// What may be guessed of one identity with this authenticator.
    #[must_use]
    pub fn guesses(&self, authenticator: Authenticator) -> Rate {
        Rate::per_hour(match authenticator {
            Authenticator::Password => self.password_guesses_per_hour,
            Authenticator::Sms | Authenticator::Email | Authenticator::Partner => {
                self.code_guesses_per_hour
            }
        })
    }

    /// These limits with what a partner sets itself.
    #[must_use]
    pub fn with(&self, own: &OwnLimits) -> Self {
        let number = |own: Option<u32>, default| own.unwrap_or(default);
        Self {
            dry_run: own.dry_run.unwrap_or(self.dry_run),
            code_pause: own
                .code_pause_seconds
                .map_or(self.code_pause, Duration::from_secs),
            codes_per_hour: number(own.codes_per_hour, self.codes_per_hour),
            codes_per_day: number(own.codes_per_day, self.codes_per_day),
            password_guesses_per_hour: number(
                own.password_guesses_per_hour,
                self.password_guesses_per_hour,
            ),
            code_guesses_per_hour: number(own.code_guesses_per_hour, self.code_guesses_per_hour),
            sends_per_minute: number(own.sends_per_minute, self.sends_per_minute),
            guesses_per_minute: number(own.guesses_per_minute, self.guesses_per_minute),
        }
    }
}

/// What limits a partner sets itself.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each is the limit of its name in Limits")]
pub struct OwnLimits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_pause_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes_per_hour: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes_per_day: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_guesses_per_hour: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_guesses_per_hour: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sends_per_minute: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guesses_per_minute: Option<u32>,
}

impl OwnLimits {
    /// The names of all limits that a partner can set, as they are in JSON.
    pub const MEMBERS: &[&str] = &[
        "dry_run",
        "code_pause_seconds",
        "codes_per_hour",
        "codes_per_day",
        "password_guesses_per_hour",
        "code_guesses_per_hour",
        "sends_per_minute",
        "guesses_per_minute",
    ];

    /// All that holds, as if the partner had set it itself.
    #[must_use]
    pub fn all_of(limits: &Limits) -> Self {
        Self {
            dry_run: Some(limits.dry_run),
            code_pause_seconds: Some(limits.code_pause.as_secs()),
            codes_per_hour: Some(limits.codes_per_hour),
            codes_per_day: Some(limits.codes_per_day),
            password_guesses_per_hour: Some(limits.password_guesses_per_hour),
            code_guesses_per_hour: Some(limits.code_guesses_per_hour),
            sends_per_minute: Some(limits.sends_per_minute),
            guesses_per_minute: Some(limits.guesses_per_minute),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_its_name() {
        let all = OwnLimits::all_of(&Limits::default());
        let written = serde_json::to_value(&all).expect("plain data");
        let written = written.as_object().expect("an object");
        let mut members = OwnLimits::MEMBERS.to_vec();
        members.sort_unstable();
        let mut names: Vec<_> = written.keys().collect();
        names.sort_unstable();
        assert_eq!(names, members);
        assert_eq!(Limits::default().with(&all), Limits::default());
        assert!(Limits::default().in_range());
    }
}

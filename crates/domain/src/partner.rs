//! Partners, and what each sets for its users.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A partner's name in URLs and on the command line: 1 to 32 lower-case letters, digits and
/// inner hyphens. It never changes, so it is the partner's key as well.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slug(Box<str>);

/// The text is no slug.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a partner's slug has 1 to 32 lower-case letters, digits and inner hyphens")]
pub struct InvalidSlug;

impl Slug {
    /// The partner that always exists, for an operator who has none.
    pub const DEFAULT: &str = "default";

    /// The slug of the partner that always exists.
    #[must_use]
    pub fn default_partner() -> Self {
        Self(Self::DEFAULT.into())
    }

    /// The slug's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        let fits = (1..=32).contains(&text.len());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let inner = !text.starts_with('-') && !text.ends_with('-');
        let good = fits && inner && text.chars().all(plain);
        good.then(|| Self(text.into())).ok_or(InvalidSlug)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a code log-in of an unknown identity creates its user.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// It does, once the code is proved.
    Open,
    /// It does not; nothing is sent and nothing tells so.
    Closed,
}

/// What holds for one partner's users, every value decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartnerSettings {
    /// Whether a code log-in of an unknown identity creates its user.
    pub sign_up: SignUp,
    /// Whether users may log in with a password.
    pub password: bool,
    /// Whether users may log in with a code by SMS.
    pub sms: bool,
    /// Whether users may log in with a code by e-mail.
    pub email: bool,
    /// How long a session lives: 1 to 60 minutes.
    pub session_life: Duration,
    /// How long an authentication lives: up to 30 days, up to 365 where an exchange requires
    /// a PIN (NIST SP 800-63B-4, section 2.1.3).
    pub authentication_life: Duration,
    /// Whether an exchange must carry the PIN chosen at log-in.
    pub exchange_requires_pin: bool,
    /// Characters that a password has at least: 8 or more.
    pub password_min_length: usize,
    /// How long a code lives: 1 to 10 minutes.
    pub code_life: Duration,
    /// Whether users may come by link.
    pub trust: bool,
    /// Whether users may come back from the partner's login.
    pub force: bool,
    /// How long a one-time token lives: 10 to 600 seconds.
    pub one_time_token_life: Duration,
}

/// The longest that any session lives, whatever a partner sets. What ended a session must be
/// remembered for as long.
pub const LONGEST_SESSION: Duration = minutes(60);
/// The longest that any code lives.
pub const LONGEST_CODE: Duration = minutes(10);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest that any authentication lives whose exchange requires no PIN.
pub const LONGEST_WITHOUT_PIN: Duration = Duration::from_secs(30 * DAY.as_secs());
const LONGEST_WITH_PIN: Duration = Duration::from_secs(365 * DAY.as_secs());

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

impl Default for PartnerSettings {
    fn default() -> Self {
        Self {
            sign_up: SignUp::Closed,
            password: true,
            sms: true,
            email: true,
            session_life: minutes(15),
            authentication_life: LONGEST_WITHOUT_PIN,
            exchange_requires_pin: false,
            password_min_length: 15,
            code_life: minutes(5),
            trust: true,
            force: true,
            one_time_token_life: minutes(1),
        }
    }
}

/// A setting is out of its range. The message says what would be in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// `session_life`.
    #[error("session_life is 1 to 60 minutes")]
    SessionLife,
    /// `authentication_life`.
    #[error(
        "authentication_life is 1 hour to 30 days, or to 365 days where exchange_requires_pin \
         is true"
    )]
    AuthenticationLife,
    /// `password_min_length`.
    #[error("password_min_length is 8 to 128 characters")]
    PasswordMinLength,
    /// `code_life`.
    #[error("code_life is 1 to 10 minutes")]
    CodeLife,
}

impl PartnerSettings {
    /// Checks every range.
    ///
    /// # Errors
    /// [`InvalidSettings`], of the first setting that is out of its range.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let longest = if self.exchange_requires_pin {
            LONGEST_WITH_PIN
        } else {
            LONGEST_WITHOUT_PIN
        };
        if !(minutes(1)..=LONGEST_SESSION).contains(&self.session_life) {
            return Err(InvalidSettings::SessionLife);
        }
        if !(minutes(60)..=longest).contains(&self.authentication_life) {
            return Err(InvalidSettings::AuthenticationLife);
        }
        if !(8..=128).contains(&self.password_min_length) {
            return Err(InvalidSettings::PasswordMinLength);
        }
        if !(minutes(1)..=LONGEST_CODE).contains(&self.code_life) {
            return Err(InvalidSettings::CodeLife);
        }
        Ok(())
    }

    /// These settings with what a partner sets itself.
    ///
    /// # Errors
    /// [`InvalidSettings`] if the whole is out of range.
    pub fn with(&self, own: &OwnSettings) -> Result<Self, InvalidSettings> {
        let seconds = |own: Option<u64>, default| own.map_or(default, Duration::from_secs);
        let settings = Self {
            sign_up: own.sign_up.unwrap_or(self.sign_up),
            password: own.password.unwrap_or(self.password),
            sms: own.sms.unwrap_or(self.sms),
            email: own.email.unwrap_or(self.email),
            session_life: seconds(own.session_life_seconds, self.session_life),
            authentication_life: seconds(own.authentication_life_seconds, self.authentication_life),
            exchange_requires_pin: own
                .exchange_requires_pin
                .unwrap_or(self.exchange_requires_pin),
            password_min_length: own.password_min_length.unwrap_or(self.password_min_length),
            code_life: seconds(own.code_life_seconds, self.code_life),
            trust: self.trust,
            force: self.force,
            one_time_token_life: self.one_time_token_life,
        };
        settings.check()?;
        Ok(settings)
    }
}

/// What a partner sets itself; the installation's defaults hold for the rest. It is kept as
/// JSON, in which a member that this version does not know is refused rather than dropped.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each is the setting of its name in PartnerSettings"
)]
pub struct OwnSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_up: Option<SignUp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_life_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_life_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_requires_pin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_min_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_life_seconds: Option<u64>,
}

impl OwnSettings {
    /// These settings without the one that is out of its range.
    #[must_use]
    pub fn without(mut self, invalid: InvalidSettings) -> Self {
        match invalid {
            InvalidSettings::SessionLife => self.session_life_seconds = None,
            InvalidSettings::AuthenticationLife => self.authentication_life_seconds = None,
            InvalidSettings::PasswordMinLength => self.password_min_length = None,
            InvalidSettings::CodeLife => self.code_life_seconds = None,
        }
        self
    }
}

/// A partner: whose users somebody signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partner {
    /// Its name and key.
    pub slug: Slug,
    /// What it sets itself; `None` where a newer version wrote what this one cannot read.
    pub settings: Option<OwnSettings>,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_slug_is_plain() {
        for good in ["a", "default", "northstar-tickets", "2"] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        for bad in ["", "A", "a_b", "-a", "a-", "a b", "\u{e9}", &"a".repeat(33)] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[rstest]
    #[case(OwnSettings { authentication_life_seconds: Some(30 * 86_400), ..OwnSettings::default() }, true)]
    #[case(OwnSettings { authentication_life_seconds: Some(30 * 86_400 + 1), ..OwnSettings::default() }, false)]
    #[case(OwnSettings { authentication_life_seconds: Some(365 * 86_400), exchange_requires_pin: Some(true), ..OwnSettings::default() }, true)]
    #[case(OwnSettings { authentication_life_seconds: Some(365 * 86_400 + 1), exchange_requires_pin: Some(true), ..OwnSettings::default() }, false)]
    #[case(OwnSettings { session_life_seconds: Some(3600), ..OwnSettings::default() }, true)]
    #[case(OwnSettings { session_life_seconds: Some(3601), ..OwnSettings::default() }, false)]
    #[case(OwnSettings { session_life_seconds: Some(0), ..OwnSettings::default() }, false)]
    #[case(OwnSettings { password_min_length: Some(7), ..OwnSettings::default() }, false)]
    #[case(OwnSettings { code_life_seconds: Some(601), ..OwnSettings::default() }, false)]
    fn settings_have_ranges(#[case] own: OwnSettings, #[case] fits: bool) {
        assert_eq!(PartnerSettings::default().with(&own).is_ok(), fits);
    }
}

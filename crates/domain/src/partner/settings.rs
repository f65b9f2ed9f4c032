//! What holds for a partner's users.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::flow::{Flow, FlowName};
use super::look::{Colour, PartnerName};
use super::own_settings::OwnSettings;
use crate::limits::Limits;
use crate::locale::Locale;
use crate::sms::{Country, Money};
use crate::web::{LoginUrl, LogoUrl, Origin, PublicUrl, ResetUrl};

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
    /// Whether users may come by a link: the partner vouches for them (Login Trust).
    pub trust: bool,
    /// Whether users who are not signed in are sent to the partner's login, where it has one
    /// (Login Force).
    pub force: bool,
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
    /// How long a one-time token lives: 10 seconds to 10 minutes.
    pub one_time_token_life: Duration,
    /// Where the partner's users sign in.
    pub login_url: Option<LoginUrl>,
    /// The application's page on which its users set a new password: the link in a message.
    pub reset_url: Option<ResetUrl>,
    /// The origins that the partner's users come from with a link; at most 16.
    pub return_origins: Vec<Origin>,
    /// Where the application mounts the hosted pages for this partner; at most 8.
    pub public_urls: Vec<PublicUrl>,
    /// Where links lead, by name; at most 64.
    pub flows: BTreeMap<FlowName, Flow>,
    /// What people read for the partner's name.
    pub name: Option<PartnerName>,
    /// The colour of its pages.
    pub colour: Option<Colour>,
    /// The picture on its pages.
    pub logo: Option<LogoUrl>,
    /// The language of its pages and messages where the person's own is not known.
    pub locale: Locale,
    /// The partner's own country.
    pub country: Option<Country>,
    /// The countries whose numbers SMS are sent to; the partner's own where it names none.
    pub sms_countries: Vec<Country>,
    /// What SMS may cost in a day, by UTC.
    pub sms_daily_budget: Money,
    /// What SMS to any country but its own may cost in a day.
    pub sms_country_daily_budget: Money,
    /// How often something may be asked for or guessed.
    pub limits: Limits,
}

/// The longest that any session lives, whatever a partner sets. What ended a session must be
/// remembered for as long.
pub const LONGEST_SESSION: Duration = minutes(60);
/// The longest that any code lives.
pub const LONGEST_CODE: Duration = minutes(10);
/// The longest that any one-time token lives.
pub const LONGEST_ONE_TIME_TOKEN: Duration = minutes(10);

const SHORTEST_ONE_TIME_TOKEN: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest that any authentication lives whose exchange requires no PIN.
pub const LONGEST_WITHOUT_PIN: Duration = Duration::from_secs(30 * DAY.as_secs());
const LONGEST_WITH_PIN: Duration = Duration::from_secs(365 * DAY.as_secs());

/// How many return origins there are at most.
pub(super) const RETURN_ORIGINS: usize = 16;
/// How many public URLs there are at most.
pub(super) const PUBLIC_URLS: usize = 8;
/// How many countries there are at most: all of them.
pub(super) const COUNTRIES: usize = 26 * 26;
/// How many flows there are at most.
pub(super) const FLOWS: usize = 64;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

impl Default for PartnerSettings {
    fn default() -> Self {
        Self {
            trust: true,
            force: true,
            sign_up: SignUp::Closed,
            password: true,
            sms: true,
            email: true,
            session_life: minutes(15),
            authentication_life: LONGEST_WITHOUT_PIN,
            exchange_requires_pin: false,
            password_min_length: 15,
            code_life: minutes(5),
            one_time_token_life: minutes(1),
            login_url: None,
            reset_url: None,
            return_origins: Vec::new(),
            public_urls: Vec::new(),
            flows: BTreeMap::new(),
            name: None,
            colour: None,
            logo: None,
            locale: Locale::default(),
            country: None,
            sms_countries: Vec::new(),
            sms_daily_budget: Money::whole(50),
            sms_country_daily_budget: Money::whole(10),
            limits: Limits::default(),
        }
    }
}

/// A setting is out of its range. The message says what would be in it. What a setting's type
/// rules out, such as a login URL that is none, does not come as far as this.
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
    /// `one_time_token_life`.
    #[error("one_time_token_life is 10 seconds to 10 minutes")]
    OneTimeTokenLife,
    /// `return_origins`.
    #[error("return_origins are at most 16, each written once")]
    ReturnOrigins,
    /// `public_urls`.
    #[error("public_urls are at most 8, each written once")]
    PublicUrls,
    /// `flows`: there are too many.
    #[error("flows are at most 64")]
    Flows,
    /// `flows`: one forces users through a login that is not there.
    #[error("flows has one with force true, which needs login_url")]
    ForcedFlows,
    /// `sms_countries`.
    #[error("sms_countries are each written once")]
    SmsCountries,
    /// `limits`: one of them.
    #[error(
        "limits has code_pause_seconds 0 to 3600, codes_per_hour 1 to 100, codes_per_day 1 to \
         200, password_guesses_per_hour and code_guesses_per_hour 1 to 10000, sends_per_minute \
         and guesses_per_minute 1 to 1000000"
    )]
    Limits,
}

impl InvalidSettings {
    /// The setting's name, as it is in JSON.
    #[must_use]
    pub fn member(self) -> &'static str {
        match self {
            Self::SessionLife => "session_life_seconds",
            Self::AuthenticationLife => "authentication_life_seconds",
            Self::PasswordMinLength => "password_min_length",
            Self::CodeLife => "code_life_seconds",
            Self::OneTimeTokenLife => "one_time_token_life_seconds",
            Self::ReturnOrigins => "return_origins",
            Self::PublicUrls => "public_urls",
            Self::Flows | Self::ForcedFlows => "flows",
            Self::SmsCountries => "sms_countries",
            Self::Limits => "limits",
        }
    }
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
        let one_time = SHORTEST_ONE_TIME_TOKEN..=LONGEST_ONE_TIME_TOKEN;
        let forced = || self.flows.values().any(|flow| flow.force == Some(true));
        let rules = [
            (
                (minutes(1)..=LONGEST_SESSION).contains(&self.session_life),
                InvalidSettings::SessionLife,
            ),
            (
                (minutes(60)..=longest).contains(&self.authentication_life),
                InvalidSettings::AuthenticationLife,
            ),
            (
                (8..=128).contains(&self.password_min_length),
                InvalidSettings::PasswordMinLength,
            ),
            (
                (minutes(1)..=LONGEST_CODE).contains(&self.code_life),
                InvalidSettings::CodeLife,
            ),
            (
                one_time.contains(&self.one_time_token_life),
                InvalidSettings::OneTimeTokenLife,
            ),
            (
                few_and_different(&self.return_origins, RETURN_ORIGINS),
                InvalidSettings::ReturnOrigins,
            ),
            (
                few_and_different(&self.public_urls, PUBLIC_URLS),
                InvalidSettings::PublicUrls,
            ),
            (self.flows.len() <= FLOWS, InvalidSettings::Flows),
            (
                self.login_url.is_some() || !forced(),
                InvalidSettings::ForcedFlows,
            ),
            (
                few_and_different(&self.sms_countries, COUNTRIES),
                InvalidSettings::SmsCountries,
            ),
            (self.limits.in_range(), InvalidSettings::Limits),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, invalid)) => Err(invalid),
            None => Ok(()),
        }
    }

    /// What SMS to a country, and SMS in all, may cost in a day. The partner's own country may
    /// have all of it: there its people are.
    #[must_use]
    pub fn sms_caps(&self, country: &Country) -> [Money; 2] {
        let own = self.country.as_ref() == Some(country);
        let of_country = if own {
            self.sms_daily_budget
        } else {
            self.sms_country_daily_budget
        };
        [of_country, self.sms_daily_budget]
    }

    /// These settings with what a partner sets itself.
    ///
    /// # Errors
    /// [`InvalidSettings`] if the whole is out of range.
    pub fn with(&self, own: &OwnSettings) -> Result<Self, InvalidSettings> {
        fn or<T: Clone>(own: &Option<T>, default: &T) -> T {
            own.as_ref().unwrap_or(default).clone()
        }
        let own_country = || own.country.clone().map(|country| vec![country]);
        let sms_countries = own.sms_countries.clone().or_else(own_country);
        let seconds = |own: Option<u64>, default| own.map_or(default, Duration::from_secs);
        let settings = Self {
            trust: or(&own.trust, &self.trust),
            force: or(&own.force, &self.force),
            sign_up: or(&own.sign_up, &self.sign_up),
            password: or(&own.password, &self.password),
            sms: or(&own.sms, &self.sms),
            email: or(&own.email, &self.email),
            session_life: seconds(own.session_life_seconds, self.session_life),
            authentication_life: seconds(own.authentication_life_seconds, self.authentication_life),
            exchange_requires_pin: or(&own.exchange_requires_pin, &self.exchange_requires_pin),
            password_min_length: or(&own.password_min_length, &self.password_min_length),
            code_life: seconds(own.code_life_seconds, self.code_life),
            one_time_token_life: seconds(own.one_time_token_life_seconds, self.one_time_token_life),
            login_url: own.login_url.clone().or_else(|| self.login_url.clone()),
            reset_url: own.reset_url.clone().or_else(|| self.reset_url.clone()),
            return_origins: or(&own.return_origins, &self.return_origins),
            public_urls: or(&own.public_urls, &self.public_urls),
            flows: or(&own.flows, &self.flows),
            name: own.name.clone().or_else(|| self.name.clone()),
            colour: own.colour.clone().or_else(|| self.colour.clone()),
            logo: own.logo.clone().or_else(|| self.logo.clone()),
            locale: or(&own.locale, &self.locale),
            country: own.country.clone().or_else(|| self.country.clone()),
            sms_countries: or(&sms_countries, &self.sms_countries),
            sms_daily_budget: or(&own.sms_daily_budget, &self.sms_daily_budget),
            sms_country_daily_budget: or(
                &own.sms_country_daily_budget,
                &self.sms_country_daily_budget,
            ),
            limits: own
                .limits
                .as_ref()
                .map_or(self.limits, |own| self.limits.with(own)),
        };
        settings.check()?;
        Ok(settings)
    }
}

fn few_and_different<T: Ord>(list: &[T], most: usize) -> bool {
    list.len() <= most && list.iter().collect::<BTreeSet<_>>().len() == list.len()
}

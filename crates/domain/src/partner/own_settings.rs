//! What a partner sets itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::flow::{Flow, FlowName};
use super::look::{Colour, PartnerName};
use super::settings::{
    COUNTRIES, FLOWS, InvalidSettings, PUBLIC_URLS, PartnerSettings, RETURN_ORIGINS, SignUp,
};
use crate::limits::OwnLimits;
use crate::locale::Locale;
use crate::sms::{Country, Money};
use crate::web::{LoginUrl, LogoUrl, Origin, PublicUrl, ResetUrl};

/// Declares the settings, each of which may be left out.
macro_rules! own_settings {
    ($(#[$about:meta])* pub struct OwnSettings { $(pub $name:ident: $kind:ty,)+ }) => {
        $(#[$about])*
        pub struct OwnSettings {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<$kind>,
            )+
        }

        impl OwnSettings {
            /// The names of all settings that a partner can have, as they are in JSON.
            pub const MEMBERS: &[&str] = &[$(stringify!($name)),+];
        }
    };
}

own_settings! {
    /// What a partner sets itself; the installation's defaults hold for the rest. It is kept
    /// as JSON, in which a member that this version does not know is refused rather than
    /// dropped.
    #[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    #[expect(
        missing_docs,
        reason = "each is the setting of its name in PartnerSettings"
    )]
    pub struct OwnSettings {
        pub trust: bool,
        pub force: bool,
        pub sign_up: SignUp,
        pub password: bool,
        pub sms: bool,
        pub email: bool,
        pub session_life_seconds: u64,
        pub authentication_life_seconds: u64,
        pub exchange_requires_pin: bool,
        pub password_min_length: usize,
        pub code_life_seconds: u64,
        pub one_time_token_life_seconds: u64,
        pub login_url: LoginUrl,
        pub reset_url: ResetUrl,
        pub return_origins: Vec<Origin>,
        pub public_urls: Vec<PublicUrl>,
        pub flows: BTreeMap<FlowName, Flow>,
        pub name: PartnerName,
        pub colour: Colour,
        pub logo: LogoUrl,
        pub locale: Locale,
        pub country: Country,
        pub sms_countries: Vec<Country>,
        pub sms_daily_budget: Money,
        pub sms_country_daily_budget: Money,
        pub limits: OwnLimits,
    }
}

impl OwnSettings {
    /// All that holds for a partner, as if it had set it itself.
    #[must_use]
    pub fn all_of(settings: &PartnerSettings) -> Self {
        let seconds = |life: Duration| Some(life.as_secs());
        Self {
            trust: Some(settings.trust),
            force: Some(settings.force),
            sign_up: Some(settings.sign_up),
            password: Some(settings.password),
            sms: Some(settings.sms),
            email: Some(settings.email),
            session_life_seconds: seconds(settings.session_life),
            authentication_life_seconds: seconds(settings.authentication_life),
            exchange_requires_pin: Some(settings.exchange_requires_pin),
            password_min_length: Some(settings.password_min_length),
            code_life_seconds: seconds(settings.code_life),
            one_time_token_life_seconds: seconds(settings.one_time_token_life),
            login_url: settings.login_url.clone(),
            reset_url: settings.reset_url.clone(),
            return_origins: Some(settings.return_origins.clone()),
            public_urls: Some(settings.public_urls.clone()),
            flows: Some(settings.flows.clone()),
            name: settings.name.clone(),
            colour: settings.colour.clone(),
            logo: settings.logo.clone(),
            locale: Some(settings.locale.clone()),
            country: settings.country.clone(),
            sms_countries: Some(settings.sms_countries.clone()),
            sms_daily_budget: Some(settings.sms_daily_budget),
            sms_country_daily_budget: Some(settings.sms_country_daily_budget),
            limits: Some(OwnLimits::all_of(&settings.limits)),
        }
    }

    /// These settings without what is out of its range. Of a list only that goes which is one
    /// too many. If nothing goes, it is the defaults that are out of range.
    #[must_use]
    pub fn without(mut self, invalid: InvalidSettings) -> Self {
        match invalid {
            InvalidSettings::SessionLife => self.session_life_seconds = None,
            InvalidSettings::AuthenticationLife => {
                // What the defaults allow with a PIN may be too long without.
                if self.authentication_life_seconds.take().is_none() {
                    self.exchange_requires_pin = None;
                }
            }
            InvalidSettings::PasswordMinLength => self.password_min_length = None,
            InvalidSettings::CodeLife => self.code_life_seconds = None,
            InvalidSettings::OneTimeTokenLife => self.one_time_token_life_seconds = None,
            InvalidSettings::ReturnOrigins => keep_first(&mut self.return_origins, RETURN_ORIGINS),
            InvalidSettings::PublicUrls => keep_first(&mut self.public_urls, PUBLIC_URLS),
            InvalidSettings::SmsCountries => keep_first(&mut self.sms_countries, COUNTRIES),
            InvalidSettings::Flows => {
                let flows = self.flows.take().map(BTreeMap::into_iter);
                self.flows = flows.map(|flows| flows.take(FLOWS).collect());
            }
            InvalidSettings::ForcedFlows => {
                let flows = self.flows.iter_mut();
                flows.for_each(|flows| flows.retain(|_, flow| flow.force != Some(true)));
            }
            InvalidSettings::Limits => self.limits = None,
        }
        self
    }
}

/// Keeps the first of each, and of these the first `most`.
fn keep_first<T: Ord + Clone>(list: &mut Option<Vec<T>>, most: usize) {
    let mut seen = BTreeSet::new();
    if let Some(list) = list {
        list.retain(|one| seen.insert(one.clone()));
        list.truncate(most);
    }
}

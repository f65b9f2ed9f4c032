//! Which providers for which numbers.

use std::fmt;
use std::str::FromStr;

/// A provider's name, as routes say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProviderName {
    /// Twilio.
    Twilio,
    /// The webhook.
    Webhook,
}

impl ProviderName {
    /// Every one there is.
    pub const ALL: [Self; 2] = [Self::Twilio, Self::Webhook];
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Twilio => "twilio",
            Self::Webhook => "webhook",
        })
    }
}

/// The providers by the beginning of a number, in the order in which they are tried. The
/// longest beginning counts; `*` is for all others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Routes(Vec<(Box<str>, Vec<ProviderName>)>);

/// The text is no routes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "write the beginning of a number, = and providers (twilio, webhook) with commas between, \
     each once, such as `44=twilio,webhook *=webhook`"
)]
pub struct InvalidRoutes;

impl Routes {
    /// All numbers by these.
    #[must_use]
    pub fn all_by(providers: Vec<ProviderName>) -> Self {
        Self(vec![("".into(), providers)])
    }

    /// Every provider that is named.
    pub fn providers(&self) -> impl Iterator<Item = ProviderName> {
        self.0.iter().flat_map(|(_, providers)| providers).copied()
    }

    /// The providers for this number (E.164), the first to be tried first.
    pub(super) fn of(&self, number: &str) -> &[ProviderName] {
        let digits = number.trim_start_matches('+');
        let fits = self
            .0
            .iter()
            .filter(|(start, _)| digits.starts_with(&**start));
        let longest = fits.max_by_key(|(start, _)| start.len());
        longest
            .map(|(_, providers)| &**providers)
            .unwrap_or_default()
    }
}

impl FromStr for Routes {
    type Err = InvalidRoutes;

    fn from_str(text: &str) -> Result<Self, InvalidRoutes> {
        let mut routes: Vec<(Box<str>, Vec<ProviderName>)> = Vec::new();
        for route in text.split_whitespace() {
            let (start, names) = route.split_once('=').ok_or(InvalidRoutes)?;
            let start = match start.trim_start_matches('+') {
                "*" => "",
                "" => return Err(InvalidRoutes),
                digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits,
                _ => return Err(InvalidRoutes),
            };
            let mut providers = Vec::new();
            for name in names.split(',') {
                let mut all = ProviderName::ALL.into_iter();
                let found = all.find(|provider| provider.to_string() == name);
                let provider = found.filter(|provider| !providers.contains(provider));
                providers.push(provider.ok_or(InvalidRoutes)?);
            }
            if routes.iter().any(|(there, _)| **there == *start) {
                return Err(InvalidRoutes);
            }
            routes.push((start.into(), providers));
        }
        if routes.is_empty() {
            return Err(InvalidRoutes);
        }
        Ok(Self(routes))
    }
}

#[cfg(test)]
mod tests {
    use ProviderName::{Twilio, Webhook};

    use super::*;

    #[test]
    fn the_longest_beginning_counts() {
        let routes: Routes = "44=twilio,webhook *=webhook +447781=webhook,twilio"
            .parse()
            .expect("routes");
        assert_eq!(routes.of("+442079460958"), [Twilio, Webhook]);
        assert_eq!(routes.of("+447781123456"), [Webhook, Twilio]);
        assert_eq!(routes.of("+34612345678"), [Webhook]);
        let some: Routes = "44=twilio".parse().expect("routes");
        assert!(some.of("+34612345678").is_empty());
    }

    #[test]
    fn refuses_what_is_no_route() {
        for text in [
            "",
            " ",
            "twilio",
            "44",
            "44=",
            "=twilio",
            "44=twilio,",
            "44=twilio,twilio",
            "44=sns",
            "gb=twilio",
            "44=twilio 44=webhook",
            "44 = twilio",
            "*=twilio +*=webhook",
        ] {
            assert_eq!(text.parse::<Routes>(), Err(InvalidRoutes), "{text:?}");
        }
    }
}

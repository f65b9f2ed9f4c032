//! The field for an address, a number or a name: what it takes, and how it says so.

use countersign_domain::authentication::Channel;
use countersign_domain::identity::{self, Identity, IdentityType, InvalidIdentity};
use countersign_domain::locale::Locale;
use countersign_domain::sms::Country;

use super::frame::Frame;
use super::visit::Visit;
use super::words::Fact;

/// Characters that are shown again of what was typed.
const LONGEST_SHOWN: usize = 320;

/// What a field takes.
pub(crate) struct Address {
    takes: Vec<IdentityType>,
    /// Of which country a number without a code is.
    country: Option<Country>,
}

/// How a field stands in a form.
pub(crate) struct Field {
    pub(crate) label: String,
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    /// What was typed before.
    pub(crate) value: String,
}

impl Address {
    /// To where codes go by these channels.
    pub(crate) fn of(visit: &Visit, channels: &[Channel]) -> Self {
        let kinds = channels.iter().map(|channel| channel.sends_to());
        Self {
            takes: kinds.collect(),
            country: country(visit),
        }
    }

    /// Whatever a person who has a password is known by.
    pub(crate) fn or_name(visit: &Visit) -> Self {
        Self {
            takes: vec![
                IdentityType::Username,
                IdentityType::Email,
                IdentityType::Phone,
            ],
            country: country(visit),
        }
    }

    pub(crate) fn read(&self, typed: &str) -> Result<Identity, InvalidIdentity> {
        Identity::typed(typed, &self.takes, self.country.as_ref())
    }

    pub(crate) fn field(&self, frame: &Frame, typed: &str) -> Field {
        let (label, kind, autocomplete) = match self.takes.as_slice() {
            [IdentityType::Email] => ("address-email", "email", "email"),
            [IdentityType::Phone] => ("address-phone", "tel", "tel"),
            takes if takes.contains(&IdentityType::Username) => {
                ("address-name", "text", "username")
            }
            _ => ("address-both", "text", "username"),
        };
        Field {
            label: frame.say(label),
            kind,
            autocomplete,
            value: typed.chars().take(LONGEST_SHOWN).collect(),
        }
    }

    /// How numbers are written; nothing where none is taken.
    pub(crate) fn about_numbers(&self, frame: &Frame) -> Option<String> {
        if !self.takes.contains(&IdentityType::Phone) {
            return None;
        }
        let example = self.country.as_ref().and_then(identity::example);
        Some(match example {
            None => frame.say("address-number-anywhere"),
            Some(example) => frame.words.say_with(
                "address-number-here",
                &[
                    ("code", Fact::from(&example.code)),
                    ("number", Fact::from(&example.national)),
                ],
            ),
        })
    }

    /// What is wrong with what was typed.
    pub(crate) fn wrong(&self, frame: &Frame, wrong: InvalidIdentity) -> String {
        match (wrong, self.takes.as_slice()) {
            (InvalidIdentity::Phone, _) => frame.say("address-wrong-phone"),
            (_, [IdentityType::Email]) => frame.say("address-wrong-email"),
            _ => frame.say("address-wrong-both"),
        }
    }
}

/// The partner's own country, or that of the language in which the person reads.
fn country(visit: &Visit) -> Option<Country> {
    let settings = &visit.site.settings;
    let locales = [
        visit.asked.as_ref(),
        visit.accepted.as_ref(),
        Some(&settings.locale),
    ];
    let of_locale = || locales.into_iter().flatten().find_map(Locale::country);
    settings.country.clone().or_else(of_locale)
}

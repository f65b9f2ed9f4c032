//! Identities: by what a user is known.
//!
//! A value is normalised once, then validated, then used as a key, so that all spellings of
//! one address are one identity.

mod email;
mod meant;
mod phone;
mod typed;

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

pub use meant::meant_domain;
pub use phone::{Example, example};

/// What sort of identity. The words are those of the API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum IdentityType {
    /// A name that the user chose. Letters count the same in upper and lower case.
    Username,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// The partner's own stable id of the user, compared exactly.
    UserId,
}

impl IdentityType {
    /// Every type, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Username, Self::Email, Self::Phone, Self::UserId];

    /// The type's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::UserId => "user_id",
        }
    }
}

impl fmt::Display for IdentityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for IdentityType {
    type Err = InvalidIdentity;

    fn from_str(word: &str) -> Result<Self, InvalidIdentity> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or(InvalidIdentity::UnknownType)
    }
}

/// What stands for the part of a value that is hidden, however long it is.
const HIDDEN: &str = "\u{2022}\u{2022}\u{2022}";

/// One identity, normalised. Its `Debug` and `Display` keep the value to themselves, since
/// addresses and numbers do not belong in logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    kind: IdentityType,
    value: String,
}

/// Why a text is no identity. The messages say what would be one and repeat nothing of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidIdentity {
    /// The type is none of the four.
    #[error("the type of an identity is username, email, phone or user_id")]
    UnknownType,
    /// Written as one text, it has no type before a colon.
    #[error("write an identity as TYPE:VALUE, such as email:ana@example.com")]
    NoType,
    /// Not a user name.
    #[error("a username has 1 to 64 bytes and no spaces, control or invisible characters")]
    Username,
    /// Not an e-mail address.
    #[error("an e-mail address looks like ana@example.com and has at most 254 bytes")]
    Email,
    /// Not a phone number in international form.
    #[error(
        "a phone number is written in international form: a plus, the country code and the \
         number, 8 to 15 digits in all"
    )]
    Phone,
    /// Not a partner's id of a user.
    #[error("a user_id has 1 to 128 bytes and no control or invisible characters")]
    UserId,
}

impl Identity {
    /// Its value, normalised, and nothing else.
    #[must_use]
    pub fn into_value(self) -> String {
        self.value
    }

    /// Reads an identity as somebody wrote it.
    ///
    /// # Errors
    /// [`InvalidIdentity`] says what would be one.
    pub fn parse(kind: IdentityType, text: &str) -> Result<Self, InvalidIdentity> {
        let value = match kind {
            IdentityType::Username => username(text).ok_or(InvalidIdentity::Username)?,
            IdentityType::Email => email::normalise(text).ok_or(InvalidIdentity::Email)?,
            IdentityType::Phone => phone::normalise(text).ok_or(InvalidIdentity::Phone)?,
            IdentityType::UserId => user_id(text).ok_or(InvalidIdentity::UserId)?,
        };
        Ok(Self { kind, value })
    }

    /// An identity as it was kept or sealed, already normalised.
    #[must_use]
    pub fn from_normalised(kind: IdentityType, value: String) -> Self {
        Self { kind, value }
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> IdentityType {
        self.kind
    }

    /// Its normalised value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value with most of it hidden: enough for its owner to know it again, too little for
    /// whoever looks over their shoulder. Nobody knows their `user_id`, so nothing of it shows.
    #[must_use]
    pub fn masked(&self) -> String {
        let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
        match self.kind {
            IdentityType::Username => format!("{}{HIDDEN}", first(&self.value)),
            IdentityType::Email => {
                let (local, domain) = self.value.rsplit_once('@').unwrap_or_default();
                format!("{}{HIDDEN}@{domain}", first(local))
            }
            IdentityType::Phone => {
                let shown = self.value.len().saturating_sub(2);
                format!("{HIDDEN}{}", self.value.get(shown..).unwrap_or_default())
            }
            IdentityType::UserId => HIDDEN.to_owned(),
        }
    }
}

impl FromStr for Identity {
    type Err = InvalidIdentity;

    /// Reads `type:value`, as it is written on the command line and in paths.
    fn from_str(text: &str) -> Result<Self, InvalidIdentity> {
        let (kind, value) = text.split_once(':').ok_or(InvalidIdentity::NoType)?;
        Self::parse(kind.parse()?, value)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:[hidden]", self.kind)
    }
}

/// User names are compared without regard to case: nobody should be able to register `Ana`
/// beside `ana`.
fn username(text: &str) -> Option<String> {
    let value = without_case(text.trim());
    let fits = (1..=64).contains(&value.len());
    (fits && value.chars().all(|c| visible(c) && !c.is_whitespace())).then_some(value)
}

/// The text in lower case and in one Unicode form. Letter by letter: the end of a word makes
/// another letter of a Greek sigma, and is the same letter all the same.
fn without_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composed = text.nfc().collect::<String>();
    let lower = composed.chars().flat_map(char::to_lowercase);
    let lower = lower.map(|letter| if letter == 'ς' { 'σ' } else { letter });
    // Lower case may be spelled differently from its composed form.
    lower.nfc().collect()
}

/// A partner's id is opaque: only its Unicode spelling is made one.
fn user_id(text: &str) -> Option<String> {
    let value = composed(text);
    let fits = (1..=128).contains(&value.len());
    (fits && value.chars().all(visible)).then_some(value)
}

/// The text in one Unicode form; ASCII has no other.
fn composed(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// Whether a person could see the character: two ids that look the same should be the same.
#[must_use]
pub fn visible(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    !matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    ) && !is_default_ignorable(character)
}

/// Characters with a visible category that are drawn as nothing all the same (Unicode's
/// `Default_Ignorable_Code_Point`, of which the other categories are refused already).
fn is_default_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// The first identity of this type.
#[must_use]
pub fn of_type(identities: &[Identity], kind: IdentityType) -> Option<&Identity> {
    identities.iter().find(|identity| identity.kind() == kind)
}

/// By what people know their account, with most of it hidden: the address before the number
/// before the name. `None` where a partner calls them by its own id alone.
#[must_use]
pub fn known_as(identities: &[Identity]) -> Option<String> {
    let order = [
        IdentityType::Email,
        IdentityType::Phone,
        IdentityType::Username,
    ];
    let mut known = order.iter().filter_map(|kind| of_type(identities, *kind));
    known.next().map(Identity::masked)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn value(text: &str) -> Result<String, InvalidIdentity> {
        text.parse().map(|identity: Identity| identity.value)
    }

    #[test]
    fn a_username_is_one_whatever_its_spelling() {
        assert_eq!(value("username:my_username"), Ok("my_username".to_owned()));
        assert_eq!(
            value("username: My_Username "),
            value("username:my_username")
        );
        assert_eq!(value("username:ΟΔΟΣ"), value("username:οδος"));
        assert_eq!(value("username:jose\u{301}"), value("username:JOS\u{c9}"));
    }

    #[test]
    fn refuses_what_cannot_be_seen() {
        for text in [
            "username:",
            "username:a b",
            "username:a\u{200b}b",
            "username:a\u{7}",
            "username:\u{202e}abc",
            "username:\u{3164}",
            "user_id:",
            "user_id:a\u{ad}",
            "user_id:a\u{fe0f}",
            "user_id:\u{feff}7",
        ] {
            assert!(value(text).is_err(), "{text:?}");
        }
        assert_eq!(
            value(&format!("username:{}", "a".repeat(65))),
            Err(InvalidIdentity::Username)
        );
        assert_eq!(
            value(&format!("user_id:{}", "a".repeat(129))),
            Err(InvalidIdentity::UserId)
        );
    }

    #[test]
    fn a_user_id_is_compared_exactly() {
        assert_eq!(value("user_id:A:1 b"), Ok("A:1 b".to_owned()));
        assert_ne!(value("user_id:A"), value("user_id:a"));
    }

    #[test]
    fn the_type_must_be_known() {
        assert_eq!(value("fax:1"), Err(InvalidIdentity::UnknownType));
        assert_eq!(value("ana@example.com"), Err(InvalidIdentity::NoType));
    }

    #[test]
    fn debug_hides_the_value() {
        let identity: Identity = "email:ana@example.com".parse().expect("an address");
        assert_eq!(format!("{identity:?}"), "email:[hidden]");
    }

    #[rstest]
    #[case("email:ana.maria@example.com", "a•••@example.com")]
    #[case("email:a@example.com", "a•••@example.com")]
    #[case("phone:+5491123456789", "•••89")]
    #[case("username:ana", "a•••")]
    #[case("username:\u{e9}lodie", "\u{e9}•••")]
    #[case("user_id:4711", "•••")]
    fn of_a_masked_value_its_owner_knows_the_rest(#[case] identity: &str, #[case] shown: &str) {
        let identity: Identity = identity.parse().expect("an identity");
        assert_eq!(identity.masked(), shown);
    }

    #[rstest]
    #[case(&["user_id:1", "username:ana", "phone:+34612345678", "email:ana@x.example"], Some("a•••@x.example"))]
    #[case(&["user_id:1", "username:ana", "phone:+34612345678"], Some("•••78"))]
    #[case(&["user_id:1", "username:ana"], Some("a•••"))]
    #[case(&["user_id:1"], None)]
    #[case(&[], None)]
    fn an_account_is_known_by_what_its_owner_gave(
        #[case] identities: &[&str],
        #[case] known: Option<&str>,
    ) {
        let identities = identities
            .iter()
            .map(|text| text.parse().expect("an identity"));
        let identities: Vec<Identity> = identities.collect();
        assert_eq!(known_as(&identities).as_deref(), known);
    }

    #[test]
    fn masking_hides_even_how_long_a_value_is() {
        let masked = |text: &str| text.parse().map(|identity: Identity| identity.masked());
        assert_eq!(
            masked("email:bo@b.example"),
            masked("email:bernardine@b.example")
        );
        assert_eq!(masked("phone:+4930123456"), masked("phone:+493012345656"));
    }

    /// The short ways for ASCII are what the long ones come to.
    #[test]
    fn ascii_is_read_as_all_else_is() {
        for character in (0..=127_u8).map(char::from) {
            let control = character.general_category() == GeneralCategory::Control;
            assert_eq!(visible(character), !control, "{character:?}");
            let alone = character.to_string();
            assert_eq!(composed(&alone), alone.nfc().collect::<String>());
            let lower = character.to_lowercase().collect::<String>();
            assert_eq!(without_case(&alone), lower);
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(
            kind in prop::sample::select(IdentityType::ALL.to_vec()),
            text in "\\PC{0,40}|[a-zA-Z\u{130}\u{212a}\u{301}.+-]{1,12}@[a-z\u{fc}\u{df}.-]{1,12}|\\+[0-9 ().-]{6,24}",
        ) {
            if let Ok(once) = Identity::parse(kind, &text) {
                prop_assert_eq!(Identity::parse(kind, once.value()), Ok(once.clone()));
                prop_assert!(!once.value().chars().any(char::is_control));
            }
        }
    }
}

//! What somebody typed into a field that takes more than one type of identity.

use super::{Identity, IdentityType, InvalidIdentity, phone};
use crate::sms::Country;

impl Identity {
    /// Reads what was typed into a field that takes these types: with an @ it is an e-mail
    /// address; what is a phone number, in international form or in that of the country, is
    /// one; and anything else is a username.
    ///
    /// # Errors
    /// [`InvalidIdentity`], of the type that it comes nearest to.
    pub fn typed(
        text: &str,
        takes: &[IdentityType],
        country: Option<&Country>,
    ) -> Result<Self, InvalidIdentity> {
        let taken = |kind| takes.contains(&kind);
        let (email, name) = (taken(IdentityType::Email), taken(IdentityType::Username));
        if email && text.contains('@') {
            let read = Self::parse(IdentityType::Email, text);
            if read.is_ok() || !name {
                return read;
            }
        }
        if taken(IdentityType::Phone) {
            if let Some(value) = phone::normalise_in(text, country) {
                return Ok(Self::from_normalised(IdentityType::Phone, value));
            }
            if !name && (!email || !text.chars().any(char::is_alphabetic)) {
                return Err(InvalidIdentity::Phone);
            }
        }
        if name {
            return Self::parse(IdentityType::Username, text);
        }
        Err(InvalidIdentity::Email)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::IdentityType::{Email, Phone, Username};
    use super::*;

    #[rstest]
    #[case(&[Email, Phone], " Ana@Example.com", Ok("ana@example.com"))]
    #[case(&[Email, Phone], "07400 123456", Ok("+447400123456"))]
    #[case(&[Email, Phone], "+34 612 345 678", Ok("+34612345678"))]
    #[case(&[Email, Phone], "ana", Err(InvalidIdentity::Email))]
    #[case(&[Email, Phone], "123", Err(InvalidIdentity::Phone))]
    #[case(&[Email], "07400 123456", Err(InvalidIdentity::Email))]
    #[case(&[Phone], "ana@example.com", Err(InvalidIdentity::Phone))]
    #[case(&[Email, Phone, Username], "ana", Ok("ana"))]
    #[case(&[Email, Phone, Username], "ana@home", Ok("ana@home"))]
    #[case(&[Email, Phone, Username], "4711", Ok("4711"))]
    #[case(&[Email, Phone, Username], "", Err(InvalidIdentity::Username))]
    fn what_is_typed_is_what_it_looks_like(
        #[case] takes: &[IdentityType],
        #[case] text: &str,
        #[case] expected: Result<&str, InvalidIdentity>,
    ) {
        let country = "GB".parse().ok();
        let read = Identity::typed(text, takes, country.as_ref());
        assert_eq!(read.as_ref().map(Identity::value).map_err(|e| *e), expected);
    }
}

//! Countries, as numbers belong to them.

use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType, Region};

use crate::text::as_text;

/// A country by its two letters (ISO 3166-1 alpha-2), one that has telephone numbers: `GB`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Country(Box<str>);

/// The text is no country.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a country is two letters, such as GB or ES (ISO 3166)")]
pub struct InvalidCountry;

impl Country {
    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country that assigns this number, where it is one that an SMS may be sent to. A
    /// calling code does not tell: +1, +44 and +7 are of several countries each.
    ///
    /// `None` where no country assigns it, and where whoever is called is paid for it or pays
    /// for it: premium-rate, shared-cost and toll-free numbers.
    #[must_use]
    pub fn of_number(number: &str) -> Option<Self> {
        use PhoneNumberType as Type;
        let number = PhoneNumber::parse(number, None).ok()?;
        let paid = matches!(
            number.get_type(),
            Type::PremiumRate | Type::SharedCost | Type::TollFree | Type::UAN | Type::VoiceMail
        );
        let region = number.get_region_code()?;
        let known = !paid && number.is_valid() && region != Region::World;
        known.then(|| Self(region.to_string().into()))
    }
}

impl FromStr for Country {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        let region = Region::from_code(text).map_err(|_| InvalidCountry)?;
        let known = PHONE_NUMBER_UTIL
            .get_supported_regions()
            .any(|known| known == region);
        let country = known && region != Region::World;
        country
            .then(|| Self(region.to_string().into()))
            .ok_or(InvalidCountry)
    }
}

as_text!(Country);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::london("+442079460958", Some("GB"))]
    #[case::guernsey("+447781123456", Some("GG"))]
    #[case::new_york("+12125550123", Some("US"))]
    #[case::toronto("+14165550123", Some("CA"))]
    #[case::jamaica("+18762345678", Some("JM"))]
    #[case::moscow("+79123456789", Some("RU"))]
    #[case::almaty("+77012345678", Some("KZ"))]
    #[case::madrid("+34612345678", Some("ES"))]
    #[case::a_number_of_the_seed_that_nobody_assigns("+4412312341234", None)]
    #[case::satellite("+870773111632", None)]
    #[case::international_freephone("+80012345678", None)]
    #[case::premium_rate("+449012345678", None)]
    #[case::toll_free("+448001234567", None)]
    #[case::no_number("+44", None)]
    fn a_number_is_of_one_country(#[case] number: &str, #[case] country: Option<&str>) {
        let found = Country::of_number(number);
        assert_eq!(found.as_ref().map(Country::as_str), country);
    }

    #[rstest]
    fn refuses_what_is_no_country(
        #[values("", "G", "GBR", "001", "XX", "ZZ", "44", "g1")] text: &str,
    ) {
        assert_eq!(text.parse::<Country>(), Err(InvalidCountry));
    }

    #[test]
    fn a_country_has_one_spelling() {
        assert_eq!(
            "gb".parse::<Country>().as_ref().map(Country::as_str),
            Ok("GB")
        );
    }
}

//! Mail domains that are likely typos of others.

/// Where most people have their mail, and what differs from that by a letter and is right.
const COMMON: [&str; 34] = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.es",
    "hotmail.fr",
    "hotmail.it",
    "hotmail.co.uk",
    "outlook.com",
    "outlook.es",
    "outlook.com.br",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.es",
    "yahoo.fr",
    "yahoo.com.br",
    "yahoo.com.ar",
    "yahoo.com.mx",
    "yahoo.co.uk",
    "icloud.com",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "aol.com",
    "uol.com.br",
    "bol.com.br",
    "terra.com.br",
    // These are right, and near to one above.
    "mail.com",
    "email.com",
    "ymail.com",
    "gmx.es",
];
/// Shorter ones than this are all near to each other.
const SHORTEST: usize = 8;

/// The domain that somebody meant who wrote this one, if it is one letter away from a common
/// one: left out, put in, changed or swapped with the next. People who mean what they wrote
/// exist, so that it is only ever offered.
#[must_use]
pub fn meant_domain(domain: &str) -> Option<&'static str> {
    if domain.len() > 32 || COMMON.contains(&domain) {
        return None;
    }
    let mut near = COMMON
        .into_iter()
        .filter(|common| common.len() >= SHORTEST && strsim::osa_distance(domain, common) == 1);
    near.next()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("gmial.com", Some("gmail.com"))]
    #[case("gmail.con", Some("gmail.com"))]
    #[case("gmail.co", Some("gmail.com"))]
    #[case("hotmal.com", Some("hotmail.com"))]
    #[case("yaho.com", Some("yahoo.com"))]
    #[case("gmail.com", None)]
    #[case("mail.com", None)]
    #[case("ymail.com", None)]
    #[case("hotmail.es", None)]
    #[case("example.com", None)]
    #[case("max.com", None)]
    #[case("", None)]
    fn one_letter_away_is_a_typo(#[case] written: &str, #[case] meant: Option<&str>) {
        assert_eq!(meant_domain(written), meant);
    }
}

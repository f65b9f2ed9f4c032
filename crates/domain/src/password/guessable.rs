//! What is guessed first: common passwords and what people make of them, and what anybody
//! knows who knows the user.
//!
//! A password is compared as a whole, its trivial changes undone; that a common word is in it
//! somewhere says nothing (NIST SP 800-63B-4, section 3.1.1.2).

use zeroize::Zeroizing;

use super::common::is_common;
use super::keyboard::is_run;
use super::{InvalidPassword, Owner, SHORTEST};
use crate::identity::IdentityType;

/// Characters of a word below which it says nothing of its owner.
const SHORTEST_WORD: usize = 3;
/// Letters that there must be beside the words of an owner, or other characters in plenty.
const LETTERS: usize = 4;

/// What a letter is written as, and the letter.
const LEET: [(char, char); 12] = [
    ('0', 'o'),
    ('1', 'i'),
    ('3', 'e'),
    ('4', 'a'),
    ('5', 's'),
    ('7', 't'),
    ('8', 'b'),
    ('9', 'g'),
    ('@', 'a'),
    ('$', 's'),
    ('!', 'i'),
    ('+', 't'),
];

/// A way of undoing what was written for a letter.
type Undo = fn(char) -> char;

const UNDOS: [Undo; 3] = [
    |character| character,
    letter,
    |character| {
        if matches!(character, '1' | '!') {
            'l'
        } else {
            letter(character)
        }
    },
];

fn letter(character: char) -> char {
    let letter = LEET.iter().find(|(written, _)| *written == character);
    letter.map_or(character, |(_, letter)| *letter)
}

/// Decides whether a password is guessed too soon.
pub(super) fn check(
    password: &str,
    shortest: usize,
    owner: &Owner<'_>,
) -> Result<(), InvalidPassword> {
    let text = lower(password);
    if is_run(&text) {
        return Err(InvalidPassword::Run);
    }
    let core = core(&text);
    for part in [&text[..], core] {
        let unit = unit(part);
        if unit.len() < part.len() && text.len() - part.len() + unit.len() < shortest {
            return Err(InvalidPassword::Repeated);
        }
    }
    if is_a_common_one(&text) || is_a_common_one(unit(core)) {
        return Err(InvalidPassword::Common);
    }
    let words = words(owner);
    if UNDOS
        .iter()
        .any(|undo| is_of_these(&text, &words, *undo, shortest))
    {
        return Err(InvalidPassword::Personal);
    }
    Ok(())
}

fn lower(text: &str) -> Zeroizing<Vec<char>> {
    Zeroizing::new(text.chars().flat_map(char::to_lowercase).collect())
}

/// The text without the digits and the punctuation before its first letter and behind its last.
fn core(text: &[char]) -> &[char] {
    let letter = |character: &char| character.is_alphabetic();
    let first = text.iter().position(letter);
    let last = text.iter().rposition(letter);
    match (first, last) {
        (Some(first), Some(last)) => &text[first..=last],
        _ => &[],
    }
}

/// What the text is twice or more of, or the text itself.
fn unit(text: &[char]) -> &[char] {
    // How long a beginning of what was read so far is its end as well (Knuth, Morris, Pratt).
    let mut borders = vec![0; text.len()];
    for index in 1..text.len() {
        let mut border = borders[index - 1];
        while border > 0 && text[border] != text[index] {
            border = borders[border - 1];
        }
        borders[index] = border + usize::from(text[border] == text[index]);
    }
    let period = text.len() - borders.last().unwrap_or(&0);
    if period > 0 && text.len().is_multiple_of(period) {
        &text[..period]
    } else {
        text
    }
}

/// Whether it is a common password with what is at its ends, or with digits for letters, with
/// separators, or backwards.
fn is_a_common_one(text: &[char]) -> bool {
    let core = core(text);
    let start = text.len() - text.iter().skip_while(|c| !c.is_alphabetic()).count();
    let end = start + core.len();
    let parts = [text, &text[start..], &text[..end], core];
    parts.iter().any(|part| {
        UNDOS.iter().any(|undo| {
            let written = part.iter().map(|character| undo(*character));
            let joined = written.clone().filter(|c| c.is_alphanumeric());
            is_common(written.clone()) || is_common(written.rev()) || is_common(joined)
        })
    })
}

/// Whether little is left of the text without these words. Of a word nobody guesses less for
/// the digits and the punctuation around it.
fn is_of_these(text: &[char], words: &[Vec<char>], undo: Undo, shortest: usize) -> bool {
    let written = Zeroizing::new(text.iter().map(|c| undo(*c)).collect::<Vec<_>>());
    let mut taken = vec![false; text.len()];
    for word in words {
        let word = word.iter().map(|c| undo(*c)).collect::<Vec<_>>();
        let mut from = 0;
        while from + word.len() <= written.len() {
            let to = from + word.len();
            let here = written[from..to] == word && !taken[from..to].contains(&true);
            if here && (word.len() > SHORTEST_WORD || is_apart(&written, &taken, from, to)) {
                taken[from..to].fill(true);
                from = to;
            } else {
                from += 1;
            }
        }
    }
    if !taken.contains(&true) {
        return false;
    }
    let left = text.iter().zip(&taken).filter(|(_, taken)| !**taken);
    let left = Zeroizing::new(left.map(|(character, _)| *character).collect::<Vec<_>>());
    let letters = core(&left).len();
    left.len() < SHORTEST || letters < LETTERS && left.len() < shortest || is_a_common_one(&left)
}

/// Whether what stands there is no piece of a longer word: three letters are in many.
fn is_apart(text: &[char], taken: &[bool], from: usize, to: usize) -> bool {
    let apart = |place: usize| {
        let character = text.get(place).filter(|_| !taken[place]);
        character.is_none_or(|character| !character.is_alphabetic())
    };
    from.checked_sub(1).is_none_or(apart) && apart(to)
}

/// What anybody knows who knows the user and the partner, whole and in parts, the longest first.
fn words(owner: &Owner<'_>) -> Vec<Vec<char>> {
    let settings = owner.settings;
    let mut texts = vec!["countersign", owner.partner.as_str()];
    texts.extend(settings.name.iter().map(|name| name.as_str()));
    let mut domains = Vec::new();
    let origins = settings.public_urls.iter().map(|url| url.origin());
    let origins = origins.chain(settings.login_url.iter().map(|url| url.origin()));
    domains.extend(origins.map(|origin| host(origin.as_str())));
    for identity in owner.identities {
        let value = identity.value();
        match identity.kind() {
            // The number as it is dialled at home too, roughly.
            IdentityType::Phone => {
                let digits = value.trim_start_matches('+');
                let at_home = digits.get(digits.len().saturating_sub(8)..);
                texts.extend([digits, at_home.unwrap_or_default()]);
            }
            IdentityType::Email => domains.push(value),
            IdentityType::Username | IdentityType::UserId => texts.push(value),
        }
    }
    // What stands behind the last dot of a domain is nobody's.
    let named = domains
        .iter()
        .map(|domain| domain.rsplit_once('.').map_or(*domain, |(own, _)| own));
    let parts = texts.iter().copied().chain(named);
    let parts = parts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let mut words = parts
        .chain(texts.iter().copied())
        .chain(domains.iter().copied())
        .map(|word| word.chars().flat_map(char::to_lowercase).collect())
        .filter(|word: &Vec<char>| word.len() >= SHORTEST_WORD)
        .collect::<Vec<_>>();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

/// The host of an origin.
fn host(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::Secret;
    use crate::identity::Identity;
    use crate::partner::{PartnerSettings, Slug};
    use crate::password::Password;

    fn choose(text: &str, shortest: usize) -> Result<Password, InvalidPassword> {
        let identities: Vec<Identity> = [
            "email:ana.lopez@example.com",
            "email:ana.lopez@mail.example.museum",
            "phone:+44 20 7946 0001",
        ]
        .map(|text| text.parse().unwrap())
        .into();
        let slug: Slug = "northstar".parse().unwrap();
        let settings = PartnerSettings {
            password_min_length: shortest,
            name: Some("North Star Tickets".parse().unwrap()),
            public_urls: vec!["https://market.example/auth".parse().unwrap()],
            ..PartnerSettings::default()
        };
        let owner = Owner {
            partner: &slug,
            settings: &settings,
            identities: &identities,
        };
        Password::choose(&Secret::new(text.to_owned()), &owner)
    }

    #[rstest]
    #[case("princess", InvalidPassword::Common)]
    #[case("PrInCeSs", InvalidPassword::Common)]
    #[case("princess1", InvalidPassword::Common)]
    #[case("!!2024princess!!", InvalidPassword::Common)]
    #[case("pr1nc3$$", InvalidPassword::Common)]
    #[case("1l0veyou!", InvalidPassword::Common)]
    #[case("i love you 2024", InvalidPassword::Common)]
    #[case("P@ssw0rd2024", InvalidPassword::Common)]
    #[case("MyPa$$w0rd", InvalidPassword::Common)]
    #[case("monkey83629174", InvalidPassword::Common)]
    #[case("ssecnirp", InvalidPassword::Common)]
    #[case("passwordpassword", InvalidPassword::Common)]
    #[case("princessprincess99", InvalidPassword::Common)]
    #[case("kwzkwzkwzkwz", InvalidPassword::Repeated)]
    #[case("aaaaaaaaaaaa", InvalidPassword::Run)]
    #[case("12345678901234", InvalidPassword::Run)]
    #[case("qwertyuiopasdf", InvalidPassword::Run)]
    #[case("countersign", InvalidPassword::Personal)]
    #[case("Countersign2024!", InvalidPassword::Personal)]
    #[case("c0unters1gn123", InvalidPassword::Personal)]
    #[case("northstar-abc", InvalidPassword::Personal)]
    #[case("North Star Tickets", InvalidPassword::Personal)]
    #[case("northstarprincess", InvalidPassword::Personal)]
    #[case("market.example", InvalidPassword::Personal)]
    #[case("ana.lopez@example.com", InvalidPassword::Personal)]
    #[case("Ana.Lopez.2024!", InvalidPassword::Personal)]
    #[case("4n4l0p3z-77", InvalidPassword::Personal)]
    #[case("ana.lopez@mail.example.museum", InvalidPassword::Personal)]
    #[case("442079460001", InvalidPassword::Personal)]
    #[case("02079460001x", InvalidPassword::Personal)]
    fn what_is_guessed_first_is_refused(#[case] text: &str, #[case] expected: InvalidPassword) {
        assert_eq!(choose(text, 8).unwrap_err(), expected, "{text}");
    }

    #[rstest]
    fn what_only_has_such_words_in_it_is_taken(
        #[values(
            "correct horse battery staple",
            "princess of the football club",
            "my market has nine stars",
            "lopez likes lemon trees",
            "xkanazwm",
            "comfort9x",
            "u9f2hc7w1xk4",
            "83629174056281",
            "\u{43c}\u{43e}\u{439} \u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} \u{434}\u{43b}\u{438}\u{43d}\u{43d}\u{44b}\u{439}",
            "\u{1f98a}\u{1f34b}\u{1f6b2}\u{2603}\u{1f3b7}\u{1f335}\u{1f9ca}\u{1f525}"
        )]
        text: &str,
    ) {
        assert!(choose(text, 8).is_ok(), "{text}");
    }

    #[test]
    fn what_is_repeated_counts_once() {
        assert!(choose("kwzmkwzm2024", 8).is_ok());
        let refused = choose("kwzmkwzm2024", 9).unwrap_err();
        assert_eq!(refused, InvalidPassword::Repeated);
    }

    #[test]
    fn what_is_left_beside_a_name_counts() {
        assert!(choose("lopez kwmtvhbe", 8).is_ok());
        assert_eq!(
            choose("lopez kwmtvh", 8).unwrap_err(),
            InvalidPassword::Personal
        );
        // Digits alone are enough where they are enough without the name.
        assert!(choose("lopez83629174", 8).is_ok());
        assert_eq!(
            choose("lopez83629174  ", 15).unwrap_err(),
            InvalidPassword::Personal
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}|[a-c]{0,40}|[0-9!@ap]{0,40}") {
            let _ = choose(&text, 8);
        }

        /// Of passwords drawn at random hardly any may be refused.
        #[test]
        fn random_passwords_are_taken(text in "[a-zA-Z0-9!#%?]{15}") {
            prop_assert!(choose(&text, 15).is_ok(), "{}", text);
        }
    }
}

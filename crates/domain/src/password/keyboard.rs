//! Rows of keys, letters or digits, as fingers find them.

/// The keys of a keyboard, each row half a key to the right of the one above.
const ROWS: [&str; 4] = ["1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"];

/// What the keys of the first row are with Shift.
const SHIFTED: &str = "!@#$%^&*()_+";

/// Whether the text is little more than a few runs: rows of neighbours on the keyboard, in
/// the alphabet or among the digits, or one character again and again; or two such rows
/// character by character. On average each run has three characters or more.
pub(super) fn is_run(text: &[char]) -> bool {
    let zipped = || {
        let [one, other] = [0, 1].map(|from| runs(text.iter().skip(from).step_by(2)));
        one + other
    };
    !text.is_empty() && (runs(text.iter()) * 3 <= text.len() || zipped() * 3 <= text.len())
}

/// Of how many runs these characters are.
fn runs<'a>(text: impl Iterator<Item = &'a char> + Clone) -> usize {
    let pairs = text.clone().zip(text.clone().skip(1));
    let breaks = pairs.filter(|(one, next)| !are_neighbours(**one, **next));
    breaks.count() + usize::from(text.count() > 0)
}

fn are_neighbours(one: char, next: char) -> bool {
    let (one, next) = (unshifted(one), unshifted(next));
    if one == next {
        return true;
    }
    let same_kind = one.is_alphabetic() && next.is_alphabetic()
        || one.is_ascii_digit() && next.is_ascii_digit();
    if same_kind && u32::from(one).abs_diff(u32::from(next)) == 1 {
        return true;
    }
    let (Some((row, column)), Some((next_row, next_column))) = (key(one), key(next)) else {
        return false;
    };
    match (row, next_row) {
        _ if row == next_row => column.abs_diff(next_column) == 1,
        _ if next_row == row + 1 => next_column == column || next_column + 1 == column,
        _ if row == next_row + 1 => next_column == column || next_column == column + 1,
        _ => false,
    }
}

fn unshifted(character: char) -> char {
    let place = SHIFTED.chars().position(|shifted| shifted == character);
    place.map_or(character, |place| char::from(ROWS[0].as_bytes()[place]))
}

/// The row and the column of a key.
fn key(character: char) -> Option<(usize, usize)> {
    let rows = ROWS.iter().enumerate();
    rows.filter_map(|(row, keys)| Some((row, keys.chars().position(|key| key == character)?)))
        .next()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn characters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[rstest]
    fn what_fingers_find_by_themselves_is_a_run(
        #[values(
            "123456789012345",
            "098765432109876",
            "aaaaaaaaaaaaaaa",
            "aaaabbbbccccdddd",
            "abcdefghijklmnop",
            "qwertyuiopasdfgh",
            "qazwsxedcrfvtgb",
            "1qaz2wsx3edc4rfv",
            "1q2w3e4r5t6y7u8i",
            "a1b2c3d4e5f6g7h8",
            "!@#$%^&*()!@#$%",
            "abc123xyz789",
            "zxcvbnm,./"
        )]
        text: &str,
    ) {
        assert!(is_run(&characters(text)), "{text}");
    }

    #[rstest]
    fn words_and_random_characters_are_none(
        #[values(
            "correct horse battery staple",
            "were we as free as trees",
            "mypa$$w0rd",
            "k7#mpq2x",
            "kqz4mwbx",
            "u9f2hc7w1xk4",
            ""
        )]
        text: &str,
    ) {
        assert!(!is_run(&characters(text)), "{text}");
    }
}

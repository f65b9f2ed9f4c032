//! The common passwords that come with Countersign.

use std::sync::LazyLock;

use zeroize::Zeroizing;

/// Sorted by their bytes, a line each. Where it is from stands in the README beside it.
static LIST: &str = include_str!("common.txt");

static LINES: LazyLock<Vec<&str>> = LazyLock::new(|| LIST.lines().collect());

/// Characters that the longest has.
const LONGEST: usize = 20;
/// Characters that the shortest has.
const SHORTEST: usize = 5;

/// Whether these characters, in lower case, are one of the list.
pub(super) fn is_common(characters: impl Iterator<Item = char> + Clone) -> bool {
    let count = characters.clone().take(LONGEST + 1).count();
    if !(SHORTEST..=LONGEST).contains(&count) {
        return false;
    }
    let text = Zeroizing::new(characters.collect::<String>());
    LINES.binary_search(&text.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_what_is_said_of_it() {
        assert!(LINES.is_sorted_by(|one, next| one < next));
        let choosable = LINES.iter().filter(|line| line.len() >= 8).count();
        assert!(choosable >= 3000, "{choosable}");
        for line in &*LINES {
            assert!((SHORTEST..=LONGEST).contains(&line.len()), "{line}");
            let plain = |c: char| c.is_ascii_graphic() && !c.is_ascii_uppercase();
            assert!(line.chars().all(plain), "{line}");
        }
        assert!(is_common("princess".chars()));
        assert!(!is_common("prince".repeat(9).chars()));
    }
}

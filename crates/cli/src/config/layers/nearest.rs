//! What a mistyped name was probably meant to be.

use super::super::keys::{CONFIG_VARIABLE, KEYS, Key, SECTIONS};
use crate::nearest::few_slips;

/// What to say of an unknown key of the file.
pub(super) fn key(name: &str) -> String {
    let sections = SECTIONS.iter().map(|(section, _)| *section);
    let names = KEYS.iter().map(|key| key.name).chain(sections);
    advice("key", name, '.', names.map(str::to_owned))
}

/// What to say of an unknown environment variable.
pub(super) fn variable(name: &str) -> String {
    let names = KEYS.iter().map(Key::variable);
    advice(
        "variable",
        name,
        '\0',
        names.chain([CONFIG_VARIABLE.to_owned()]),
    )
}

fn advice(what: &str, name: &str, separator: char, known: impl Iterator<Item = String>) -> String {
    let nearest = known
        .filter_map(|known| Some((slips(name, &known, separator)?, known)))
        .min();
    match nearest {
        Some((_, known)) => format!("there is no such {what}; did you mean `{known}`?"),
        None => format!(
            "there is no such {what}; docs/operate/configuration.md describes all there are"
        ),
    }
}

/// How many slips of the hand lie between the two, if not too many. A key put into the wrong
/// section, or into none, is one slip.
fn slips(name: &str, known: &str, separator: char) -> Option<usize> {
    let last = |name: &str| name.rsplit(separator).next().unwrap_or_default().to_owned();
    let moved = few_slips(&last(name), &last(known)).map(|slips| slips + 1);
    few_slips(name, known).into_iter().chain(moved).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_offered() {
        for (wrong, right) in [
            ("lisen", "listen"),
            ("data-dir", "data_dir"),
            ("defaults.session_live", "defaults.session_life"),
            ("default.session_life", "defaults.session_life"),
            ("session_life", "defaults.session_life"),
            ("server.level", "log.level"),
            ("log.fromat", "log.format"),
        ] {
            let said = key(wrong);
            assert!(said.contains(&format!("`{right}`")), "{wrong}: {said}");
        }
        assert!(key("telemetry.endpoint").contains("describes all there are"));
    }

    #[test]
    fn the_nearest_variable_is_offered() {
        for (wrong, right) in [
            ("COUNTERSIGN_LISTN", "COUNTERSIGN_LISTEN"),
            ("COUNTERSIGN_CONFG", "COUNTERSIGN_CONFIG"),
            ("COUNTERSIGN_LOGLEVEL", "COUNTERSIGN_LOG_LEVEL"),
        ] {
            let said = variable(wrong);
            assert!(said.contains(&format!("`{right}`")), "{wrong}: {said}");
        }
    }
}

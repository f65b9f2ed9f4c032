//! The guides hold the snippets as they are tested.

use std::fs;

use super::{SERVED, folder};

/// The most lines of a snippet, blank ones not counted.
const LINES: usize = 20;

/// The crate's example, from where the snippets lie; a test of its own runs it.
const EXAMPLE: &str = "../../../crates/client/examples/api.rs";

#[test]
fn each_guide_holds_the_snippets_as_they_are_tested() {
    for (name, guide) in [
        ("link", "login-trust.md"),
        ("return", "login-force.md"),
        ("redeem", "redeeming.md"),
    ] {
        for language in SERVED.into_iter().chain(["sh"]) {
            assert_holds(guide, &format!("{name}.{language}"));
        }
    }
    for file in ["verify.mjs", "verify.py", EXAMPLE] {
        assert_holds("verifying.md", file);
    }
}

fn assert_holds(guide: &str, file: &str) {
    let text = fs::read_to_string(folder().join("..").join(guide)).unwrap();
    let snippet = fs::read_to_string(folder().join(file)).unwrap();
    let lines = snippet.lines().filter(|line| !line.trim().is_empty());
    assert!(lines.count() <= LINES, "{file} is too long");
    let (_, language) = file.rsplit_once('.').unwrap();
    let fence = match language {
        "mjs" => "js",
        other => other,
    };
    let block = format!("```{fence}\n{snippet}```\n");
    assert!(
        text.contains(&block),
        "{guide} does not hold {file} as it is"
    );
}

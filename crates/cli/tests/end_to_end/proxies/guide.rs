//! What is in a guide.

use std::path::PathBuf;

/// The text of a guide.
pub(super) fn text(name: &str) -> String {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/operate/forward-auth"
    );
    let path = PathBuf::from(folder).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of a guide that are in this language.
pub(super) fn blocks(guide: &str, language: &str) -> Vec<String> {
    let (text, fence) = (text(guide), format!("```{language}\n"));
    let blocks = text.split(&fence).skip(1);
    let blocks = blocks.map(|rest| rest.split_once("```\n").unwrap().0.to_owned());
    blocks.collect()
}

/// The configurations of a guide, with the machine of this test in place of the guide's: a table
/// of what is written there and what holds here. All of it has to be there.
pub(super) fn configurations(guide: &str, language: &str, here: &[(&str, String)]) -> Vec<String> {
    let blocks = blocks(guide, language);
    assert!(!blocks.is_empty(), "{guide} has nothing in {language}");
    for (there, _) in here {
        let said = blocks.iter().any(|block| block.contains(there));
        assert!(said, "{guide} does not say {there:?}");
    }
    let replace = |text: String, (there, here): &(&str, String)| text.replace(there, here);
    let blocks = blocks.into_iter();
    let blocks = blocks.map(|block| here.iter().fold(block, replace));
    blocks.collect()
}

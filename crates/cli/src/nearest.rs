//! What a mistyped word was probably meant to be.

/// How many slips of the hand lie between the two, if not too many.
pub(crate) fn few_slips(word: &str, known: &str) -> Option<usize> {
    let slips = strsim::damerau_levenshtein(word, known);
    (slips <= known.len() / 3).then_some(slips)
}

/// The known word that is nearest, if one is near.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.filter_map(|known| Some((few_slips(word, known)?, known)));
    near.min().map(|(_, known)| known)
}

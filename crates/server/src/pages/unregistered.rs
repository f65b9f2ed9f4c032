//! Requests for pages at an authority that nobody registered: an operator who looks for why
//! should find it in the log.

use std::collections::BTreeSet;

use countersign_domain::web::HOSTED_PAGES;
use parking_lot::Mutex;

/// Authorities that are told of, until the server starts anew: anybody can name one.
const MOST: usize = 16;
/// Characters of an authority that are shown.
const LONGEST: usize = 100;

/// What was told already. Of the process, as its log is.
static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Says so of what looks as if it were for a page: once for each authority, and not for more
/// than a few.
pub(super) fn tell(authority: Option<&str>, path: &str) {
    let looks = || path.split('/').any(|it| HOSTED_PAGES.contains(&it));
    let Some(authority) = authority.filter(|_| !path.starts_with("/v1/") && looks()) else {
        return;
    };
    let authority: String = authority.chars().take(LONGEST).collect();
    let mut told = TOLD.lock();
    if told.len() < MOST && told.insert(authority.clone()) {
        // As `Debug` shows it: what a client wrote breaks no line.
        tracing::warn!(
            ?authority,
            "a hosted page was asked for at an authority that is of no partner's public_urls"
        );
    }
}

//! Requests for pages at an authority that nobody registered: an operator who looks for why
//! should find it in the log.

use std::collections::BTreeSet;

use axum::extract::Request;
use countersign_domain::web::HOSTED_PAGES;
use parking_lot::Mutex;

use super::visit::authority_of;

/// Authorities that are told of, until the server starts anew: anybody can name one.
const MOST: usize = 16;
/// Bytes of an authority that are shown.
const LONGEST: usize = 100;

/// What was told already. Of the process, as its log is.
static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The authority of a request that looks as if it were for a page.
pub(super) fn look(request: &Request) -> Option<String> {
    let path = request.uri().path();
    let mut segments = path.split('/');
    let looks = !path.starts_with("/v1/") && segments.any(|it| HOSTED_PAGES.contains(&it));
    let authority = looks.then(|| authority_of(request.headers(), request.extensions()))??;
    Some(authority.chars().take(LONGEST).collect())
}

/// Says so, once for each and not for more than a few.
pub(super) fn tell(authority: &str) {
    let mut told = TOLD.lock();
    if told.len() < MOST && told.insert(authority.to_owned()) {
        // As `Debug` shows it: what a client wrote breaks no line.
        tracing::warn!(
            ?authority,
            "a hosted page was asked for at an authority that is of no partner's public_urls"
        );
    }
}

//! What a browser keeps for us: cookies of one origin, over HTTPS, that no script reads and no
//! other site's form sends (RFC 6265bis, section 4.1.3.2: `__Host-`).
//!
//! `localhost` is as good as HTTPS to Chromium and Firefox, and they keep these cookies there.

use cookie::time::Duration as Life;
use cookie::{Cookie, SameSite};
use countersign_domain::Secret;
use countersign_domain::Timestamp;
use countersign_domain::id::TransactionId;
use countersign_domain::page::{TRANSACTION_LIFE, TRANSACTIONS};
use countersign_domain::token::{AuthenticationToken, BrowserSecret};
use countersign_service::{AuthenticationView, Departure, Held, OpenedSession};
use http::HeaderMap;
use http::header::COOKIE;

/// Holds the authentication token.
pub(crate) const AUTHENTICATION: &str = "__Host-countersign";
/// Holds the session token.
pub(crate) const SESSION: &str = "__Host-countersign-session";
/// Begins the name of what holds a browser secret; a tag of its own follows. There is one, but
/// where several pages were opened at once in a browser that had none: each keeps its own.
const BROWSER: &str = "__Host-countersign-browser-";
/// Browser secrets that are looked at.
const MOST_BROWSERS: usize = 8;
/// Begins the name of what holds a transaction's secret; its id follows.
pub(crate) const TRANSACTION: &str = "__Host-countersign-at-";

/// What the cookies of a request say.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) held: Held,
    /// In an order of their own, so that each request has the same one first.
    pub(crate) browsers: Vec<BrowserSecret>,
    /// The transactions that this browser left for, the oldest first.
    pub(crate) transactions: Vec<(TransactionId, BrowserSecret)>,
}

impl Kept {
    /// Reads what is ours, and passes over everything else.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut kept = Self {
            held: held(headers),
            ..Self::default()
        };
        for (name, value) in cookies(headers) {
            if name.starts_with(BROWSER) {
                let room = kept.browsers.len() < MOST_BROWSERS;
                let secret = BrowserSecret::parse(value).ok();
                kept.browsers.extend(secret.filter(|_| room));
            } else if let Some(id) = name.strip_prefix(TRANSACTION) {
                let secret = BrowserSecret::parse(value).ok();
                kept.transactions.extend(id.parse().ok().zip(secret));
            }
        }
        kept.browsers.sort_by_key(BrowserSecret::mark);
        kept.transactions.sort_by_key(|(id, _)| *id);
        kept
    }

    /// The secret of a transaction that this browser left for.
    pub(crate) fn transaction(&self, id: TransactionId) -> Option<&BrowserSecret> {
        let mut all = self.transactions.iter();
        all.find(|(there, _)| *there == id)
            .map(|(_, secret)| secret)
    }

    /// The cookies of a departure: its own, and the ends of the oldest that are too many.
    pub(crate) fn departing(&self, departure: &Departure) -> Vec<Cookie<'static>> {
        let own = keep(
            transaction_name(departure.id),
            departure.secret.expose(),
            Some(whole_seconds(TRANSACTION_LIFE)),
        );
        let too_many = (self.transactions.len() + 1).saturating_sub(TRANSACTIONS);
        let oldest = self.transactions.iter().take(too_many);
        let ended = oldest.map(|(id, _)| forget(transaction_name(*id)));
        std::iter::once(own).chain(ended).collect()
    }
}

/// What a browser holds of its sign-in. Of two cookies of one name the first is meant: a browser
/// sends none of ours twice.
pub(crate) fn held(headers: &HeaderMap) -> Held {
    let mut held = Held::default();
    for (name, value) in cookies(headers) {
        match name {
            AUTHENTICATION if held.authentication.is_none() => {
                held.authentication = AuthenticationToken::parse(value).ok();
            }
            SESSION if held.session.is_none() => {
                held.session = Some(Secret::new(value.to_owned()));
            }
            _ => {}
        }
    }
    held
}

/// The names and values of cookies. What others wrote beside ours may be anything; a name is ours to
/// the byte, since what is only read as ours is not kept as ours (`__Host-`).
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let texts = pairs.filter_map(|pair| std::str::from_utf8(pair.trim_ascii()).ok());
    texts.filter_map(|pair| pair.split_once('='))
}

pub(crate) fn transaction_name(id: TransactionId) -> String {
    format!("{TRANSACTION}{id}")
}

/// The cookie of a browser secret: it lasts as long as the browser is open.
pub(crate) fn browser(secret: &BrowserSecret) -> Cookie<'static> {
    let name = format!("{BROWSER}{}", secret.mark().tag());
    keep(name, secret.expose(), None)
}

/// The cookies of whoever has just signed in.
pub(crate) fn signed_in(
    authentication: &AuthenticationView,
    opened: &OpenedSession,
    now: Timestamp,
) -> Vec<Cookie<'static>> {
    let token = authentication.token.as_ref();
    let life = whole_seconds(authentication.expires_at.since(now));
    let authentication = token.map(|token| keep(AUTHENTICATION, token.expose(), Some(life)));
    let session = session(opened, now);
    authentication.into_iter().chain([session]).collect()
}

/// The cookie of a session.
pub(crate) fn session(opened: &OpenedSession, now: Timestamp) -> Cookie<'static> {
    let life = whole_seconds(opened.expires_at.since(now));
    keep(SESSION, opened.token.expose(), Some(life))
}

/// The cookies of whoever has just signed out.
pub(crate) fn signed_out() -> Vec<Cookie<'static>> {
    vec![forget(AUTHENTICATION), forget(SESSION)]
}

/// A cookie that ends.
pub(crate) fn forget(name: impl Into<String>) -> Cookie<'static> {
    keep(name, "", Some(Life::ZERO))
}

fn keep(name: impl Into<String>, value: &str, life: Option<Life>) -> Cookie<'static> {
    let cookie = Cookie::build((name.into(), value.to_owned()))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax);
    match life {
        Some(life) => cookie.max_age(life).build(),
        None => cookie.build(),
    }
}

fn whole_seconds(life: std::time::Duration) -> Life {
    Life::seconds(i64::try_from(life.as_secs()).unwrap_or(i64::MAX))
}

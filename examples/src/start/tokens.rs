//! Which tokens there are, and what becomes of each, as far as it can be seen from outside.

mod ending;
mod holder;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use countersign_domain::Timestamp;
use http::StatusCode;

use super::redact::{find, tag};
use super::seen::{Answered, Asked};
use super::watch::{Lives, clock_time};
use holder::Holder;

/// As many as are remembered.
const KEPT: usize = 100;

const ONE_TIME: &str = "cso_";
const AUTHENTICATION: &str = "csa_";
const SESSION: &str = "css_";
/// What stands for a one-time token in the address of the page that redeems it.
const STATE: &str = "csp_";

/// How a one-time token ends that has signed somebody in.
const SPENT: &str = "spent";

/// The cookies of Countersign's pages in which tokens are.
const COOKIES: [&str; 2] = ["__Host-countersign", "__Host-countersign-session"];

/// What a person may read of a token.
pub(super) struct Shown {
    /// Tokens of one kind begin alike; this tells them apart.
    pub(super) number: usize,
    pub(super) kind: &'static str,
    pub(super) tag: String,
    /// The address of whoever has it, once Countersign has said it.
    pub(super) who: Option<String>,
    pub(super) born: String,
    /// How often it was used.
    pub(super) uses: u32,
    pub(super) state: String,
    pub(super) lives: bool,
}

struct Token {
    number: usize,
    /// All of it, by which it is known again. It goes nowhere from here.
    text: String,
    born: Timestamp,
    dies: Timestamp,
    uses: u32,
    end: Option<(Timestamp, &'static str)>,
    /// The page state that stands for a one-time token.
    stood_for: Option<String>,
    /// The authentication token of which a session is.
    of: Option<String>,
    /// The link that it is in.
    link: Option<String>,
    /// What Countersign knows of who has it, once it was asked.
    holder: Option<Holder>,
}

impl Token {
    fn end(&mut self, now: Timestamp, how: &'static str) {
        if self.end.is_none() && now < self.dies {
            self.end = Some((now, how));
        }
    }

    fn shown(&self, now: Timestamp) -> Shown {
        let (lives, state) = match self.end {
            Some((at, how)) => (false, format!("{how} at {}", clock_time(at))),
            None if now >= self.dies => (false, "expired".to_owned()),
            None if self.text.starts_with(AUTHENTICATION) => (true, "lives for days".to_owned()),
            None => (true, format!("lives until {}", clock_time(self.dies))),
        };
        Shown {
            number: self.number,
            who: self
                .holder
                .as_ref()
                .and_then(Holder::email)
                .map(str::to_owned),
            kind: match &self.text[..ONE_TIME.len()] {
                ONE_TIME => "one-time token",
                AUTHENTICATION => "authentication token",
                _ => "session token",
            },
            tag: tag(&self.text),
            born: clock_time(self.born),
            uses: self.uses,
            state,
            lives,
        }
    }
}

/// All tokens that were seen, the newest first.
pub(super) struct Tokens {
    all: VecDeque<Token>,
    born: usize,
    lives: Lives,
}

impl Tokens {
    pub(super) fn new(lives: Lives) -> Self {
        Self {
            all: VecDeque::new(),
            born: 0,
            lives,
        }
    }

    pub(super) fn shown(&self, now: Timestamp) -> Vec<Shown> {
        self.all.iter().map(|token| token.shown(now)).collect()
    }

    /// Learns from a question to Countersign and its answer.
    pub(super) fn learn(&mut self, asked: &Asked, answered: &Answered, now: Timestamp) {
        let minted = answered.json["data"].as_str();
        if let Some((data, text)) = minted.and_then(|data| Some((data, find(data, ONE_TIME)?))) {
            self.born(text, now);
            if let Some(token) = self.token(text).filter(|_| data != text) {
                token.link = Some(data.to_owned());
            }
        }
        let token = find(&asked.target, ONE_TIME);
        if let Some((token, state)) = token.zip(find(&answered.location, STATE))
            && let Some(token) = self.token(token)
        {
            token.stood_for = Some(state.to_owned());
        }
        self.learn_from_cookies(asked, answered, now);
        self.learn_from_verifying(asked, answered, now);
        self.learn_from_signing_out(asked, answered, now);
        self.learn_from_devices(asked, answered, now);
    }

    /// The last link that has signed somebody in: it signs nobody in any more.
    pub(super) fn spent_link(&self) -> Option<&str> {
        let spent = |it: &&Token| it.end.is_some_and(|(_, how)| how == SPENT);
        let mut links = self.all.iter().filter(spent);
        links.find_map(|token| token.link.as_deref())
    }

    fn learn_from_cookies(&mut self, asked: &Asked, answered: &Answered, now: Timestamp) {
        let set = |name| {
            let mut all = answered.cookies.iter();
            all.find(|(set, _)| set == name).map(|(_, text)| text)
        };
        let [authentication, session] = COOKIES.map(set);
        let held = |kind| asked.held.iter().find(|text| text.starts_with(kind));
        if let Some(text) = authentication {
            // What the browser had ends here, or makes room for that of whoever came after.
            let how = if text.is_empty() {
                "signed out"
            } else {
                "replaced"
            };
            for before in [AUTHENTICATION, SESSION].into_iter().filter_map(held) {
                self.end(before, now, how);
            }
            if text.starts_with(AUTHENTICATION) {
                self.born(text, now);
                self.spend(asked, now);
            }
        }
        let of = authentication.or(held(AUTHENTICATION));
        if let Some(text) = session.filter(|text| text.starts_with(SESSION)) {
            self.born(text, now);
            if let Some(session) = self.token(text) {
                session.of = of.cloned();
            }
            if let Some(authentication) = of.and_then(|text| self.token(text)) {
                authentication.uses += 1;
            }
        }
    }

    /// The one-time token for which the page that was posted stands has signed somebody in.
    fn spend(&mut self, asked: &Asked, now: Timestamp) {
        let state = find(&asked.target, STATE);
        let stands = |it: &&mut Token| state.is_some() && it.stood_for.as_deref() == state;
        if let Some(token) = self.all.iter_mut().find(stands) {
            token.uses += 1;
            token.end(now, SPENT);
        }
    }

    fn learn_from_verifying(&mut self, asked: &Asked, answered: &Answered, now: Timestamp) {
        let bearer = asked.bearer.as_deref();
        let Some(session) = bearer.and_then(|text| self.token(text)) else {
            return;
        };
        if answered.status == StatusCode::UNAUTHORIZED {
            session.end(now, "refused");
        }
        if answered.status != StatusCode::OK {
            return;
        }
        let holder = Holder::of(&answered.json);
        session.uses += 1;
        session.holder.clone_from(&holder);
        let of = session.of.clone();
        if let Some(authentication) = of.and_then(|text: String| self.token(&text)) {
            authentication.holder = holder;
        }
    }

    fn born(&mut self, text: &str, now: Timestamp) {
        if self.token(text).is_some() {
            return;
        }
        let life = match &text[..ONE_TIME.len()] {
            ONE_TIME => self.lives.one_time_token,
            SESSION => self.lives.session,
            _ => self.lives.authentication,
        };
        self.born += 1;
        self.all.truncate(KEPT - 1);
        self.all.push_front(Token {
            number: self.born,
            text: text.to_owned(),
            born: now,
            dies: now.plus(life),
            uses: 0,
            end: None,
            stood_for: None,
            of: None,
            link: None,
            holder: None,
        });
    }

    fn token(&mut self, text: &str) -> Option<&mut Token> {
        self.all.iter_mut().find(|token| token.text == text)
    }
}

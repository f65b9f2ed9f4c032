//! Which tokens there are, and what becomes of each, as far as it can be seen from outside.

use std::collections::VecDeque;

use countersign_domain::Timestamp;
use http::{Method, StatusCode};

use super::redact::{find, tag};
use super::seen::{Answered, Asked};
use super::watch::{Lives, clock_time};

/// As many as are remembered.
const KEPT: usize = 100;

const ONE_TIME: &str = "cso_";
const AUTHENTICATION: &str = "csa_";
const SESSION: &str = "css_";
/// What stands for a one-time token in the address of the page that redeems it.
const STATE: &str = "csp_";

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
    /// As whom Countersign knows who has it, once it was asked.
    who: Vec<String>,
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
        let mut addresses = self.who.iter().filter_map(|who| who.strip_prefix("email:"));
        Shown {
            number: self.number,
            who: addresses.next().map(str::to_owned),
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
        if let Some(token) = minted.and_then(|data| find(data, ONE_TIME)) {
            self.born(token, now);
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
            token.end(now, "spent");
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
        let identities = answered.json["user"]["identities"].as_array();
        let named = identities.into_iter().flatten().filter_map(|identity| {
            let (kind, value) = (identity["type"].as_str()?, identity["value"].as_str()?);
            Some(format!("{kind}:{value}"))
        });
        let who: Vec<_> = named.collect();
        session.uses += 1;
        session.who.clone_from(&who);
        let of = session.of.clone();
        if let Some(authentication) = of.and_then(|text: String| self.token(&text)) {
            authentication.who = who;
        }
    }

    /// What a partner says ends all that its user has.
    fn learn_from_signing_out(&mut self, asked: &Asked, answered: &Answered, now: Timestamp) {
        let user = asked.target.strip_prefix("/v1/users/");
        let user = user.and_then(|rest| rest.strip_suffix("/sessions"));
        let said = asked.method == Method::DELETE && answered.status == StatusCode::NO_CONTENT;
        let Some(user) = user.filter(|_| said) else {
            return;
        };
        for token in &mut self.all {
            if token.who.iter().any(|who| who == user) {
                token.end(now, "revoked");
            }
        }
    }

    /// Ends a token, and what was opened with it.
    fn end(&mut self, text: &str, now: Timestamp, how: &'static str) {
        for token in &mut self.all {
            if token.text == text || token.of.as_deref() == Some(text) {
                token.end(now, how);
            }
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
            who: Vec::new(),
        });
    }

    fn token(&mut self, text: &str) -> Option<&mut Token> {
        self.all.iter_mut().find(|token| token.text == text)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// What has been seen, a second after the other.
    struct Story {
        tokens: Tokens,
        now: Timestamp,
    }

    impl Story {
        fn new() -> Self {
            let lives = Lives {
                one_time_token: MINUTE,
                session: 15 * MINUTE,
                authentication: 60 * MINUTE,
            };
            Self {
                tokens: Tokens::new(lives),
                now: Timestamp::from_micros(0),
            }
        }

        fn sees(&mut self, asked: (&str, &str), held: &[&str], answered: Answered) {
            self.now = self.now.plus(Duration::from_secs(1));
            let (method, target) = asked;
            let asked = Asked {
                by_browser: true,
                method: method.parse().unwrap(),
                target: target.to_owned(),
                bearer: held.first().map(|it| (*it).to_owned()),
                held: held.iter().map(|it| (*it).to_owned()).collect(),
            };
            self.tokens.learn(&asked, &answered, self.now);
        }

        /// Ana comes by a link.
        fn arrives(&mut self) {
            let link = json!({ "data": "http://market/auth/enter?oneTimeToken=cso_11112222" });
            self.sees(("POST", "/v1/links"), &[], json(201, link));
            let enter = "/auth/enter?oneTimeToken=cso_11112222";
            self.sees(("GET", enter), &[], to("/auth/enter/csp_33334444"));
            let cookies = [(COOKIES[0], "csa_55556666"), (COOKIES[1], "css_77778888")];
            let page = "/auth/enter/csp_33334444";
            self.sees(("POST", page), &[], setting(&cookies));
        }

        /// And is asked about.
        fn is_verified(&mut self) {
            let identity = json!({ "type": "user_id", "value": "1" });
            let session = json!({ "user": { "identities": [identity] } });
            let verify = ("GET", "/v1/sessions/verify");
            self.sees(verify, &["css_77778888"], json(200, session));
        }

        /// The states of the session, the authentication and the one-time token.
        fn states(&self) -> Vec<String> {
            let shown = self.tokens.shown(self.now).into_iter();
            let state = |it: Shown| it.state.split(' ').next().unwrap().to_owned();
            shown.map(state).collect()
        }
    }

    fn json(status: u16, json: Value) -> Answered {
        Answered {
            status: StatusCode::from_u16(status).unwrap(),
            location: String::new(),
            cookies: Vec::new(),
            json,
        }
    }

    fn to(location: &str) -> Answered {
        Answered {
            location: location.to_owned(),
            ..json(303, Value::Null)
        }
    }

    fn setting(cookies: &[(&str, &str)]) -> Answered {
        let cookies = cookies.iter();
        let cookies = cookies.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Answered {
            cookies: cookies.collect(),
            ..json(303, Value::Null)
        }
    }

    #[test]
    fn a_one_time_token_is_spent_when_its_page_signs_somebody_in() {
        let mut story = Story::new();
        story.arrives();
        assert_eq!(story.states(), ["lives", "lives", "spent"]);
        let shown = story.tokens.shown(story.now);
        let tags = shown.iter().map(|it| (it.tag.as_str(), it.uses));
        assert!(tags.eq([("css_77…", 0), ("csa_55…", 1), ("cso_11…", 1)]));
    }

    #[test]
    fn what_nobody_uses_expires() {
        let mut story = Story::new();
        let link = json!({ "data": "cso_11112222" });
        story.sees(("GET", "/v1/auth/oneTimeToken"), &[], json(200, link));
        story.now = story.now.plus(MINUTE);
        assert_eq!(story.states(), ["expired"]);
    }

    #[test]
    fn who_signs_out_ends_what_the_browser_had() {
        let mut story = Story::new();
        story.arrives();
        let ended = setting(&[(COOKIES[0], ""), (COOKIES[1], "")]);
        story.sees(
            ("POST", "/auth/sign-out"),
            &["css_77778888", "csa_55556666"],
            ended,
        );
        assert_eq!(story.states(), ["signed", "signed", "spent"]);
    }

    #[test]
    fn what_the_partner_ends_is_the_users_alone() {
        for (user, state) in [("user_id:1", "revoked"), ("user_id:2", "lives")] {
            let mut story = Story::new();
            story.arrives();
            story.is_verified();
            let end = format!("/v1/users/{user}/sessions");
            story.sees(("DELETE", &end), &[], json(204, Value::Null));
            assert_eq!(story.states(), [state, state, "spent"]);
        }
    }

    #[test]
    fn a_session_that_is_refused_has_ended() {
        let mut story = Story::new();
        story.arrives();
        let verify = ("GET", "/v1/sessions/verify");
        story.sees(verify, &["css_77778888"], json(401, Value::Null));
        assert_eq!(story.states(), ["refused", "lives", "spent"]);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut story = Story::new();
        for token in 0..=KEPT {
            let link = json!({ "data": format!("cso_{token:08}") });
            story.sees(("POST", "/v1/links"), &[], json(201, link));
        }
        assert_eq!(story.states().len(), KEPT);
    }
}

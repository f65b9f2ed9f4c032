//! What becomes of tokens, story by story.

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
        let user = json!({ "id": "user 1", "identities": [identity] });
        let session = json!({ "user": user, "device_id": "device 1" });
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
    assert!(tags.eq([("css_…8888", 0), ("csa_…6666", 1), ("cso_…2222", 1)]));
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
fn what_somebody_ends_on_the_page_of_their_devices_has_ended() {
    for (user, said, state) in [
        ("user 1", "device+1", "signed"),
        ("user 1", "others", "signed"),
        ("user 1", "device+3", "lives"),
        ("user 1", "unknown", "lives"),
        ("user 2", "device+1", "lives"),
        ("user 2", "others", "lives"),
    ] {
        let mut story = Story::new();
        story.arrives();
        story.is_verified();
        // On another device, whose page it is.
        let here = setting(&[(COOKIES[0], "csa_99990000"), (COOKIES[1], "css_99990000")]);
        story.sees(("POST", "/auth/otp"), &[], here);
        let user = json!({ "id": user, "identities": [] });
        let session = json!({ "user": user, "device_id": "device 2" });
        let held = ["css_99990000"];
        story.sees(("GET", "/v1/sessions/verify"), &held, json(200, session));
        let there = format!("/auth/account?return_to=%2F&said={said}");
        story.sees(("POST", "/auth/account"), &held, to(&there));
        let states = story.states();
        assert_eq!(states[..2], ["lives", "lives"], "{user} {said}");
        assert_eq!(states[2..], [state, state, "spent"], "{user} {said}");
    }
}

#[test]
fn a_link_is_told_once_it_is_spent_and_never_before() {
    let mut story = Story::new();
    assert_eq!(story.tokens.spent_link(), None);
    let token = json!({ "data": "cso_00000000" });
    story.sees(("GET", "/v1/auth/oneTimeToken"), &[], json(200, token));
    let link = |token| json!({ "data": format!("http://market/auth/enter?oneTimeToken={token}") });
    story.sees(("POST", "/v1/links"), &[], json(201, link("cso_33332222")));
    assert_eq!(story.tokens.spent_link(), None);
    story.arrives();
    story.sees(("POST", "/v1/links"), &[], json(201, link("cso_44442222")));
    let spent = "http://market/auth/enter?oneTimeToken=cso_11112222";
    assert_eq!(story.tokens.spent_link(), Some(spent));
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

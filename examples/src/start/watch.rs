//! Who asks whom for what, seen from around the sites and Countersign.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use countersign_domain::{Clock, Timestamp};
use http::Method;
use parking_lot::Mutex;
use tokio::sync::watch::{Receiver, Sender};

use super::redact;
use super::seen::{Answered, Asked};
use super::tokens::{Shown, Tokens};

/// As many calls as are remembered.
const KEPT: usize = 60;

/// What Countersign is called here.
const COUNTERSIGN: &str = "Countersign";

/// How long tokens live.
#[derive(Clone, Copy, Debug)]
pub struct Lives {
    /// A one-time token.
    pub one_time_token: Duration,
    /// A session.
    pub session: Duration,
    /// An authentication.
    pub authentication: Duration,
}

/// One question and its answer, as a person may read it.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) at: String,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) status: u16,
    /// What it is about, where that is worth a word.
    pub(super) about: &'static str,
}

/// What has been seen. Clones see the same.
#[derive(Clone)]
pub struct Watch(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    seen: Mutex<(VecDeque<Call>, Tokens)>,
    changed: Sender<()>,
}

impl Watch {
    /// Nothing has been seen yet.
    pub fn new(clock: Arc<dyn Clock>, lives: Lives) -> Self {
        Self(Arc::new(Inner {
            clock,
            seen: Mutex::new((VecDeque::new(), Tokens::new(lives))),
            changed: Sender::default(),
        }))
    }

    /// The same site, at which what it is asked is seen from now on.
    pub fn around(&self, whom: &'static str, site: Router) -> Router {
        site.layer(middleware::from_fn_with_state(
            (self.clone(), whom),
            observe,
        ))
    }

    /// The same around Countersign, whose tokens are followed too.
    pub fn around_countersign(&self, api: Router) -> Router {
        self.around(COUNTERSIGN, api)
    }

    pub(super) fn changes(&self) -> Receiver<()> {
        self.0.changed.subscribe()
    }

    pub(super) fn seen(&self) -> (Vec<Call>, Vec<Shown>) {
        let seen = self.0.seen.lock();
        let calls = seen.0.iter().cloned().collect();
        (calls, seen.1.shown(self.0.clock.now()))
    }

    /// The last link that has signed somebody in.
    pub(super) fn spent_link(&self) -> Option<String> {
        self.0.seen.lock().1.spent_link().map(str::to_owned)
    }

    fn note(&self, whom: &'static str, asked: &Asked, answered: &Answered) {
        let now = self.0.clock.now();
        let call = Call {
            at: clock_time(now),
            from: from(whom, asked),
            to: whom,
            method: asked.method.to_string(),
            target: redact::target(&asked.target),
            status: answered.status.as_u16(),
            about: about(whom, asked),
        };
        let mut seen = self.0.seen.lock();
        seen.0.truncate(KEPT - 1);
        seen.0.push_front(call);
        if whom == COUNTERSIGN {
            seen.1.learn(asked, answered, now);
        }
        drop(seen);
        self.0.changed.send_replace(());
    }
}

async fn observe(
    State((watch, whom)): State<(Watch, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    if is_beside_the_point(whom, request.uri().path()) {
        return next.run(request).await;
    }
    let asked = Asked::of(&request);
    let (answered, response) = Answered::of(next.run(request).await).await;
    watch.note(whom, &asked, &answered);
    response
}

/// How pages look, what is asked for this page itself, and what the marketplace passes on to
/// Countersign, where it is seen.
fn is_beside_the_point(whom: &str, path: &str) -> bool {
    let passed_on = whom != COUNTERSIGN && path.starts_with("/auth/");
    passed_on || path == "/style.css" || path == "/favicon.ico" || path.starts_with("/dev/")
}

/// Who asks: a browser says so, and of the servers each asks for something else.
fn from(whom: &str, asked: &Asked) -> &'static str {
    match asked.path() {
        _ if asked.by_browser => "Browser",
        "/v1/sessions/verify" => "Encore",
        path if path.starts_with("/tickets/") => "Encore",
        _ if whom == COUNTERSIGN => "Northstar",
        _ => "Somebody",
    }
}

/// What a question is about.
fn about(whom: &str, asked: &Asked) -> &'static str {
    let path = asked.path();
    if whom != COUNTERSIGN {
        return match path.strip_prefix("/tickets/") {
            Some(ticket) if ticket.ends_with("/transfer") => "May this ticket become the buyer’s?",
            Some(_) => "Whose ticket is this?",
            None => "",
        };
    }
    if path.starts_with("/v1/users/") {
        return "Who has signed out at Northstar is signed out everywhere";
    }
    let page = path.strip_prefix("/auth/");
    let page = page.and_then(|page| page.split('/').next());
    match (page.unwrap_or(path), asked.method == Method::GET) {
        ("/v1/links", _) => "Login Trust: a link for who is signed in at Northstar",
        ("/v1/auth/oneTimeToken", _) => "Login Force: who has just signed in at Northstar",
        ("/v1/sessions/verify", _) => "Whose session is this?",
        ("sign-in", _) => "Where does this person sign in?",
        ("enter", true) => "A one-time token is brought, and not used yet",
        ("enter", false) => "The one-time token is redeemed",
        ("return", _) => "Back from Northstar’s login, in the browser that left",
        ("otp", true) => "OTP: asks for an address, or for the code",
        ("otp", false) => "OTP: a code is sent, or comes back",
        ("account", _) => "A person’s devices",
        ("sign-out", _) => "Signing out in this browser",
        _ => "",
    }
}

/// The time of day, by UTC.
pub(super) fn clock_time(at: Timestamp) -> String {
    at.to_string().get(11..19).unwrap_or_default().to_owned()
}

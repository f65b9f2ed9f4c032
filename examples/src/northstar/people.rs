//! Northstar's accounts, and who is signed in there: what any site has that lets people log in.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::Redirect;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_domain::Entropy;
use http::request::Parts;
use parking_lot::Mutex;

use super::Northstar;

/// Somebody with an account.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Person {
    /// What Northstar knows them by, for ever.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    /// It is on the log-in page for everybody to read, so there is nothing to hash.
    pub(super) password: &'static str,
    /// What to try with this account.
    pub(super) about: &'static str,
}

/// Everybody.
pub(super) const PEOPLE: [Person; 3] = [
    Person {
        id: "ns-1001",
        name: "Ana",
        email: "ana@northstar.example",
        password: "northern lights",
        about: "has two tickets",
    },
    Person {
        id: "ns-1002",
        name: "Ben",
        email: "ben@northstar.example",
        password: "polar night",
        about: "has one, and sells it",
    },
    Person {
        id: "ns-1003",
        name: "Cleo",
        email: "cleo@northstar.example",
        password: "midnight sun",
        about: "has as many as one may",
    },
];

/// Who has this address and this password.
pub(super) fn find(email: &str, password: &str) -> Option<&'static Person> {
    let email = email.trim();
    let mut people = PEOPLE.iter();
    people.find(|it| it.email.eq_ignore_ascii_case(email) && it.password == password)
}

/// Northstar's own, which Countersign knows nothing of.
const COOKIE: &str = "__Host-northstar";

/// Who is signed in, by what their browsers keep.
pub(super) struct Sessions {
    /// Countersign's own source of randomness, borrowed. In earnest your language's secure one
    /// stands here, such as the crate `getrandom`, or your framework's sessions in place of all
    /// this.
    entropy: Arc<dyn Entropy>,
    people: Mutex<HashMap<String, &'static Person>>,
}

impl Sessions {
    pub(super) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self {
            entropy,
            people: Mutex::default(),
        }
    }

    /// Signs somebody in, in place of whoever was.
    pub(super) fn begin(&self, jar: CookieJar, person: &'static Person) -> CookieJar {
        let jar = self.end(jar);
        let id = URL_SAFE_NO_PAD.encode(self.entropy.bytes::<32>());
        self.people.lock().insert(id.clone(), person);
        jar.add(cookie(id))
    }

    /// Signs out whoever is signed in.
    pub(super) fn end(&self, jar: CookieJar) -> CookieJar {
        if let Some(id) = jar.get(COOKIE) {
            self.people.lock().remove(id.value());
        }
        jar.remove(cookie(String::new()))
    }

    fn find(&self, jar: &CookieJar) -> Option<&'static Person> {
        let id = jar.get(COOKIE)?;
        self.people.lock().get(id.value()).copied()
    }
}

fn cookie(id: String) -> Cookie<'static> {
    Cookie::build((COOKIE, id))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .build()
}

/// Who is signed in at Northstar; everybody else is sent to its log-in.
pub(super) struct SignedIn(pub(super) &'static Person);

impl OptionalFromRequestParts<Arc<Northstar>> for SignedIn {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        northstar: &Arc<Northstar>,
    ) -> Result<Option<Self>, Self::Rejection> {
        let jar = CookieJar::from_headers(&parts.headers);
        Ok(northstar.sessions.find(&jar).map(Self))
    }
}

impl FromRequestParts<Arc<Northstar>> for SignedIn {
    type Rejection = Redirect;

    async fn from_request_parts(
        parts: &mut Parts,
        northstar: &Arc<Northstar>,
    ) -> Result<Self, Redirect> {
        let jar = CookieJar::from_headers(&parts.headers);
        let person = northstar.sessions.find(&jar);
        person.map(Self).ok_or_else(|| Redirect::to("/login"))
    }
}

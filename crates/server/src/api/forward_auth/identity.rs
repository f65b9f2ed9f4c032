//! Who a session is, in headers for the application.

use countersign_domain::identity::{IdentityType, of_type};
use countersign_domain::session::Session;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What does not stand in a value as it is. A space could be lost at an end, and with the percent
/// sign encoded, decoding gives back what was there.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// Room for these headers and those that every answer has.
const CAPACITY: usize = 24;

/// The headers of a session: all of them every time, empty where there is nothing to say. A proxy
/// that copies them so replaces whatever a client has sent by these names.
pub(super) fn headers(session: &Session) -> HeaderMap {
    let identity = |kind| {
        let found = of_type(&session.identities, kind);
        found.map_or_else(String::new, |identity| encoded(identity.value()))
    };
    let amr: Vec<_> = session.amr.words().collect();
    let all = [
        ("countersign-user", session.user.to_string()),
        ("countersign-partner", session.partner.to_string()),
        ("countersign-username", identity(IdentityType::Username)),
        ("countersign-email", identity(IdentityType::Email)),
        ("countersign-phone", identity(IdentityType::Phone)),
        (
            "countersign-partner-user-id",
            identity(IdentityType::UserId),
        ),
        ("countersign-session", session.id.to_string()),
        (
            "countersign-authentication",
            session.authentication.to_string(),
        ),
        ("countersign-device", session.device.to_string()),
        ("countersign-amr", amr.join(",")),
        (
            "countersign-auth-time",
            session.authenticated_at.to_string(),
        ),
    ];
    let mut headers = HeaderMap::with_capacity(CAPACITY);
    for (name, text) in all {
        let value = HeaderValue::try_from(text).expect("it is printable ASCII, or encoded");
        headers.insert(HeaderName::from_static(name), value);
    }
    headers
}

/// What a partner or a user chose, as it can stand in a header. All else is ASCII as it is.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

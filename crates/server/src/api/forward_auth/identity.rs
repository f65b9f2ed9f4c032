//! Who a session is, in headers for the application.

use std::borrow::Cow;

use countersign_domain::id::ID_LENGTH;
use countersign_domain::identity::{IdentityType, of_type};
use countersign_domain::session::Session;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What does not stand in a value as it is. A space could be lost at an end, and with the percent
/// sign encoded, decoding gives back what was there.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// The value of a header that has nothing to say.
const NOTHING: HeaderValue = HeaderValue::from_static("");

/// Room for these headers and those that every answer has.
const CAPACITY: usize = 24;

/// The headers of a session: all of them every time, empty where there is nothing to say. A proxy
/// that copies them so replaces whatever a client has sent by these names.
pub(super) fn headers(session: &Session) -> HeaderMap {
    let identity = |kind| {
        let found = of_type(&session.identities, kind);
        found.map_or(NOTHING, |identity| value(&encoded(identity.value())))
    };
    let mut buffer = [0; ID_LENGTH];
    let amr: Vec<_> = session.amr.words().collect();
    let all = [
        ("countersign-user", value(session.user.encode(&mut buffer))),
        ("countersign-partner", value(session.partner.as_str())),
        ("countersign-username", identity(IdentityType::Username)),
        ("countersign-email", identity(IdentityType::Email)),
        ("countersign-phone", identity(IdentityType::Phone)),
        (
            "countersign-partner-user-id",
            identity(IdentityType::UserId),
        ),
        ("countersign-session", value(session.id.encode(&mut buffer))),
        (
            "countersign-authentication",
            value(session.authentication.encode(&mut buffer)),
        ),
        (
            "countersign-device",
            value(session.device.encode(&mut buffer)),
        ),
        ("countersign-amr", value(&amr.join(","))),
        (
            "countersign-auth-time",
            value(&session.authenticated_at.to_string()),
        ),
    ];
    let mut headers = HeaderMap::with_capacity(CAPACITY);
    for (name, value) in all {
        headers.insert(HeaderName::from_static(name), value);
    }
    headers
}

/// What a partner or a user chose, as it can stand in a header. All else is ASCII as it is.
fn encoded(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, ENCODED).into()
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("it is printable ASCII, or encoded")
}

//! Who a session is, in headers for the application.

use std::sync::LazyLock;

use bytes::{BufMut, BytesMut};
use countersign_domain::id::ID_LENGTH;
use countersign_domain::identity::{IdentityType, of_type};
use countersign_domain::session::Session;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::request;

/// What does not stand in a value as it is. A space could be lost at an end, and with the percent
/// sign encoded, decoding gives back what was there.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

const USER: HeaderName = HeaderName::from_static("countersign-user");
const PARTNER: HeaderName = HeaderName::from_static("countersign-partner");
const SESSION: HeaderName = HeaderName::from_static("countersign-session");
const AUTHENTICATION: HeaderName = HeaderName::from_static("countersign-authentication");
const DEVICE: HeaderName = HeaderName::from_static("countersign-device");
const AMR: HeaderName = HeaderName::from_static("countersign-amr");
const AUTH_TIME: HeaderName = HeaderName::from_static("countersign-auth-time");

/// The identities that a user may have, by type.
const IDENTITIES: [(IdentityType, HeaderName); 4] = [
    (
        IdentityType::Username,
        HeaderName::from_static("countersign-username"),
    ),
    (
        IdentityType::Email,
        HeaderName::from_static("countersign-email"),
    ),
    (
        IdentityType::Phone,
        HeaderName::from_static("countersign-phone"),
    ),
    (
        IdentityType::UserId,
        HeaderName::from_static("countersign-partner-user-id"),
    ),
];

/// All of them are there every time, empty where there is nothing to say: a proxy that copies them
/// so replaces whatever a client has sent by these names.
static BEGUN: LazyLock<HeaderMap> = LazyLock::new(|| {
    let always = [
        USER,
        PARTNER,
        SESSION,
        AUTHENTICATION,
        DEVICE,
        AMR,
        AUTH_TIME,
    ];
    request::begun(IDENTITIES.map(|(_, name)| name).into_iter().chain(always))
});

/// Room for the values that most sessions have.
const ROOM: usize = 512;

/// Headers whose values are parts of one memory.
struct Said {
    headers: HeaderMap,
    values: BytesMut,
}

/// The headers of a session, with those that every answer has.
pub(super) fn headers(session: &Session) -> HeaderMap {
    let mut said = Said {
        headers: BEGUN.clone(),
        values: BytesMut::with_capacity(ROOM),
    };
    let mut id = [0; ID_LENGTH];
    said.say(USER, [session.user.encode(&mut id)]);
    said.say(PARTNER, [session.partner.as_str()]);
    for (kind, name) in IDENTITIES {
        // What a partner or a user chose. All else is ASCII as it is.
        if let Some(identity) = of_type(&session.identities, kind) {
            said.say(name, utf8_percent_encode(identity.value(), ENCODED));
        }
    }
    said.say(SESSION, [session.id.encode(&mut id)]);
    said.say(AUTHENTICATION, [session.authentication.encode(&mut id)]);
    said.say(DEVICE, [session.device.encode(&mut id)]);
    let words = session.amr.words().enumerate();
    let words = words.flat_map(|(index, word)| [if index == 0 { "" } else { "," }, word]);
    said.say(AMR, words);
    let mut time = String::new();
    session.authenticated_at.append_to(&mut time);
    said.say(AUTH_TIME, [time.as_str()]);
    said.headers
}

impl Said {
    fn say<'a>(&mut self, name: HeaderName, value: impl IntoIterator<Item = &'a str>) {
        for part in value {
            debug_assert!(part.is_ascii(), "{part:?}");
            self.values.put_slice(part.as_bytes());
        }
        let value = HeaderValue::from_maybe_shared(self.values.split().freeze());
        let value = value.expect("it is printable ASCII, or encoded");
        self.headers.insert(name, value);
    }
}

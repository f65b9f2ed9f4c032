//! A session that was verified, as its answer is written.
//!
//! By hand, since this is asked constantly: serde looks at each character for what JSON escapes,
//! which takes longer than opening the token. Only identities can have any. What is
//! written is what [`VerifyResponse`](super::sessions::VerifyResponse) describes.

use axum::response::{IntoResponse, Response};
use countersign_domain::id::ID_LENGTH;
use countersign_domain::session::Session;

use crate::body;

/// A live session and who it is.
pub(crate) struct Verified(pub(crate) Session);

impl IntoResponse for Verified {
    fn into_response(self) -> Response {
        body::json(text(&self.0).into())
    }
}

/// Room for the identities that most users have, so that none is moved while it is written.
const ROOM: usize = 640;

fn text(session: &Session) -> String {
    let mut text = String::with_capacity(ROOM);
    let mut id = [0; ID_LENGTH];
    text.push_str(r#"{"id":""#);
    text.push_str(session.id.encode(&mut id));
    text.push_str(r#"","expires_at":""#);
    session.expires_at.append_to(&mut text);
    text.push_str(r#"","user":{"id":""#);
    text.push_str(session.user.encode(&mut id));
    text.push_str(r#"","partner":""#);
    text.push_str(session.partner.as_str());
    text.push_str(r#"","identities":["#);
    for (index, identity) in session.identities.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        text.push_str(r#"{"type":""#);
        text.push_str(identity.kind().as_str());
        text.push_str(r#"","value":"#);
        append_string(identity.value(), &mut text);
        text.push('}');
    }
    text.push_str(r#"]},"device_id":""#);
    text.push_str(session.device.encode(&mut id));
    text.push_str(r#"","authentication_id":""#);
    text.push_str(session.authentication.encode(&mut id));
    text.push_str(r#"","amr":["#);
    for (index, word) in session.amr.words().enumerate() {
        text.push_str(if index == 0 { "\"" } else { ",\"" });
        text.push_str(word);
        text.push('"');
    }
    text.push_str(r#"],"auth_time":""#);
    session.authenticated_at.append_to(&mut text);
    text.push_str("\"}");
    text
}

/// Appends a JSON string.
fn append_string(value: &str, text: &mut String) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if value.bytes().all(plain) {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        let quoted = serde_json::to_string(value).expect("a text always serialises");
        text.push_str(&quoted);
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::Timestamp;
    use countersign_domain::authentication::Authenticator;
    use countersign_domain::epoch::{Epoch, Epochs};
    use countersign_domain::id::{AuthenticationId, DeviceId, SessionId, UserId};
    use countersign_domain::identity::{Identity, IdentityType};
    use countersign_domain::partner::Slug;
    use countersign_domain::session::Amr;
    use proptest::prelude::*;

    use super::*;
    use crate::api::sessions::VerifyResponse;

    fn session(identities: Vec<Identity>, amr: Amr) -> Session {
        Session {
            id: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            partner: Slug::default_partner(),
            identities,
            device: DeviceId::from_bytes([3; 16]),
            authentication: AuthenticationId::from_bytes([4; 16]),
            epochs: Epochs {
                user: Epoch(5),
                authentication: Epoch(6),
            },
            amr,
            authenticated_at: Timestamp::from_micros(7),
            created_at: Timestamp::from_micros(8),
            expires_at: Timestamp::from_micros(1_666_621_438_045_641),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_described(
            values in prop::collection::vec("[a-z]{1,9}|\\PC{0,9}|(?s).{0,9}", 0..4),
            pin: bool,
        ) {
            let identities = values.into_iter().zip(IdentityType::ALL);
            let identities = identities.map(|(value, kind)| Identity::from_normalised(kind, value));
            let amr = Amr::of(Authenticator::Sms);
            let amr = if pin { amr.and_pin() } else { amr };
            let session = session(identities.collect(), amr);
            let written = text(&session);
            let described = VerifyResponse::from(session);
            prop_assert_eq!(written, serde_json::to_string(&described).expect("it serialises"));
        }
    }
}

//! What the tests send to the mail server.

use countersign_domain::id::MessageId;
use countersign_domain::{Secret, SystemEntropy, Timestamp};
use countersign_service::delivery::writing::Mail;
use serde_json::Value;

pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:34:56Z".parse().unwrap()
}

/// A mail with what makes mails hard: other alphabets, long lines, lines that begin with a dot.
pub(crate) fn mail() -> Mail {
    Mail {
        id: MessageId::generate(now(), &SystemEntropy::default()),
        to: "email:ana@example.com".parse().unwrap(),
        from_name: "Entradas Ñandú".to_owned(),
        subject: "Tu código para entrar a Entradas Ñandú".to_owned(),
        text: Secret::new("Tu código\n\n.\n..123456 €\n".to_owned()),
        html: Secret::new(format!("<p>123456</p>\n<!--{}-->\n", "é".repeat(2000))),
    }
}

/// The value of a header, which is there once.
#[track_caller]
pub(crate) fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().unwrap();
    let mut values = headers.iter().filter(|header| header[0] == name);
    let value = values.next().unwrap_or_else(|| panic!("{name} is missing"));
    assert_eq!(values.next(), None, "{name} is there twice");
    value[1].as_str().unwrap()
}

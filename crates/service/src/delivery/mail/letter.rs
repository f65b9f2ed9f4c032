//! A mail as it goes over the wire (RFC 5322).

use std::time::{Duration, SystemTime};

use countersign_domain::Timestamp;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};
use lettre::{Address, Message};

use super::super::writing::{Mail, in_one_line};
use super::failure::{Cause, Failure, Step};

/// A mail with its envelope.
pub(super) struct Letter {
    pub(super) from: Address,
    pub(super) to: Address,
    /// Whether the address, and with it the header, has other characters than ASCII.
    pub(super) needs_utf8: bool,
    pub(super) text: Vec<u8>,
}

/// What tells programs that nobody wrote this, so that none answers it: RFC 3834, section 5,
/// and what Exchange heeds.
const AUTOMATIC: [(&str, &str); 2] = [
    ("Auto-Submitted", "auto-generated"),
    ("X-Auto-Response-Suppress", "All"),
];

impl Letter {
    pub(super) fn new(
        mail: &Mail,
        from: &Mailbox,
        reply_to: Option<&Mailbox>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let unfit = || Failure::new(Step::To, Cause::Address);
        let to: Address = mail.to.value().parse().map_err(|_| unfit())?;
        // lettre folds and encodes what it is given, but panics at some control characters.
        let name = in_one_line(&mail.from_name);
        let name = Some(name).filter(|name| !name.is_empty());
        let sender = Mailbox::new(name, from.email.clone());
        let parts = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            // `=_` is in no text that is encoded (RFC 2045, section 6.7).
            .boundary(format!("=_{}", mail.id))
            .singlepart(SinglePart::plain(mail.text.expose().clone()))
            .singlepart(SinglePart::html(mail.html.expose().clone()));
        // The same however often it is tried, so that who gets it twice can see that.
        let id = format!("<{}@{}>", mail.id, from.email.domain());
        let mut message = Message::builder()
            .from(sender)
            .to(Mailbox::new(None, to.clone()))
            .subject(in_one_line(&mail.subject))
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(now.as_unix_millis()))
            .message_id(Some(id));
        if let Some(reply_to) = reply_to {
            message = message.reply_to(reply_to.clone());
        }
        for (name, value) in AUTOMATIC {
            let name = HeaderName::new_from_ascii_str(name);
            message = message.raw_header(HeaderValue::new(name, value.to_owned()));
        }
        let message = message.multipart(parts).map_err(|_| unfit())?;
        Ok(Self {
            from: from.email.clone(),
            needs_utf8: !mail.to.value().is_ascii(),
            to,
            text: message.formatted(),
        })
    }
}

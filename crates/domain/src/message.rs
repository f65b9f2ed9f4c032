//! Messages: what is sent to an address or a number, and awaited by somebody.

mod retry;
mod sealed;

use crate::Timestamp;
use crate::authentication::Channel;
use crate::challenge::Code;
use crate::id::MessageId;
use crate::identity::Identity;
use crate::locale::Locale;
use crate::partner::Slug;
use crate::token::ResetCode;

pub use retry::{Next, after_failure};
pub use sealed::{About, SealedMessage, Unreadable};

/// A message that is to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id, which stays the same however often it is tried.
    pub id: MessageId,
    /// Whose user it is for: the message is in that partner's name.
    pub partner: Slug,
    /// By what it is sent.
    pub channel: Channel,
    /// Where to.
    pub to: Identity,
    /// Whether anybody awaits it. One that nobody does is kept, claimed and deleted like any
    /// other, and never sent, so that nothing tells whose identity may log in.
    pub awaited: bool,
    /// What is in it.
    pub content: Content,
    /// The person's language, where it is known; the partner's otherwise.
    pub locale: Option<Locale>,
    /// When it was written.
    pub created_at: Timestamp,
    /// From when on it is of no use to anybody, and is not sent any more.
    pub expires_at: Timestamp,
}

/// What is in a message.
#[derive(Clone, Debug)]
pub enum Content {
    /// The code of a log-in.
    Code(Code),
    /// What sets a new password.
    PasswordReset(ResetCode),
}

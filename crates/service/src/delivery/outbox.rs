//! An outbox in memory, for development: it takes every address and number.

use std::collections::VecDeque;
use std::sync::Arc;

use countersign_domain::authentication::Channel;
use countersign_domain::identity::Identity;
use countersign_domain::message::Content;
use countersign_domain::{Secret, Timestamp};
use parking_lot::Mutex;

/// Messages that are kept; the oldest make room.
const KEPT: usize = 1000;

/// The last messages, in memory alone: what is in it is gone with the process. Clones share
/// it.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Mutex<VecDeque<Message>>>);

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// By what it would have been sent.
    pub channel: Channel,
    /// To whom.
    pub to: Identity,
    /// The code in it.
    pub code: Secret<String>,
    /// Its text.
    pub body: Secret<String>,
    /// When.
    pub created_at: Timestamp,
}

impl Outbox {
    pub(super) fn push(&self, channel: Channel, to: &Identity, content: &Content, now: Timestamp) {
        let (code, what) = match content {
            Content::Code(code) => (code.expose(), "is your code"),
            Content::PasswordReset(code) => (code.expose().as_str(), "sets a new password"),
        };
        let body = format!("{code} {what}. Give it to nobody.");
        let message = Message {
            channel,
            to: to.clone(),
            code: Secret::new(code.to_owned()),
            body: Secret::new(body),
            created_at: now,
        };
        let mut messages = self.0.lock();
        messages.truncate(KEPT - 1);
        messages.push_front(message);
    }

    /// The messages, the newest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.0.lock().iter().cloned().collect()
    }
}

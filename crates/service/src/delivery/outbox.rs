//! An outbox in memory, for development: it takes every address and number.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use countersign_domain::authentication::Channel;
use countersign_domain::id::MessageId;
use countersign_domain::identity::Identity;
use countersign_domain::message::{Content, Message};
use countersign_domain::{Secret, Timestamp};
use parking_lot::Mutex;

use super::NotSent;

/// Messages that are kept; the oldest make room.
const KEPT: usize = 1000;

/// The last messages that were sent, in memory alone: what is in it is gone with the process.
/// Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    entries: Arc<Mutex<VecDeque<Entry>>>,
    gate: Option<Arc<dyn Gate>>,
}

/// What messages must pass before an outbox takes them, so that tests see what happens to
/// those that are not taken.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Lets a message pass, or says why not, when it likes.
    fn pass<'a>(
        &'a self,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>>;
}

/// A message that was sent.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The message's id.
    pub id: MessageId,
    /// By what it would have been sent.
    pub channel: Channel,
    /// To whom.
    pub to: Identity,
    /// The code in it.
    pub code: Secret<String>,
    /// Its text.
    pub body: Secret<String>,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Outbox {
    /// An outbox behind a gate.
    #[must_use]
    pub fn behind(gate: Arc<dyn Gate>) -> Self {
        Self {
            gate: Some(gate),
            ..Self::default()
        }
    }

    /// Takes a message that passes the gate.
    pub(super) async fn take(&self, message: &Message) -> Result<(), NotSent> {
        if let Some(gate) = &self.gate {
            gate.pass(message).await?;
        }
        let (code, what) = match &message.content {
            Content::Code(code) => (code.expose(), "is your code"),
            Content::PasswordReset(code) => (code.expose().as_str(), "sets a new password"),
        };
        let entry = Entry {
            id: message.id,
            channel: message.channel,
            to: message.to.clone(),
            code: Secret::new(code.to_owned()),
            body: Secret::new(format!("{code} {what}. Give it to nobody.")),
            created_at: message.created_at,
        };
        let mut entries = self.entries.lock();
        // They do not arrive in the order in which they were written.
        let newer = entries.partition_point(|other| other.created_at > entry.created_at);
        entries.insert(newer, entry);
        entries.truncate(KEPT);
        Ok(())
    }

    /// The messages, the newest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Entry> {
        self.entries.lock().iter().cloned().collect()
    }
}

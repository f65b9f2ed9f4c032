//! An outbox in memory, for development: it takes every address and number.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use countersign_domain::authentication::Channel;
use countersign_domain::id::MessageId;
use countersign_domain::identity::Identity;
use countersign_domain::message::{Content, Message};
use countersign_domain::partner::PartnerSettings;
use countersign_domain::{Secret, Timestamp};
use parking_lot::Mutex;

use super::NotSent;
use super::writing::Writer;

/// Messages that are kept; the oldest make room.
const KEPT: usize = 1000;

/// The last messages that were sent, in memory alone: what is in it is gone with the process.
/// Clones share it.
#[derive(Clone, Debug)]
pub struct Outbox {
    writer: Writer,
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
    /// An outbox of what this writes.
    #[must_use]
    pub fn new(writer: Writer) -> Self {
        Self {
            writer,
            entries: Arc::default(),
            gate: None,
        }
    }

    /// The same outbox behind a gate.
    #[must_use]
    pub fn behind(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// What writes its messages.
    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Takes a message that passes the gate.
    pub(super) async fn take(
        &self,
        message: &Message,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> Result<(), NotSent> {
        if let Some(gate) = &self.gate {
            gate.pass(message).await?;
        }
        let code = match &message.content {
            Content::Code(code) => code.expose(),
            Content::PasswordReset(code) => code.expose(),
        };
        let body = match message.channel {
            Channel::Sms => self.writer.sms(message, settings, now),
            Channel::Email => self.writer.mail(message, settings, now).text,
        };
        let entry = Entry {
            id: message.id,
            channel: message.channel,
            to: message.to.clone(),
            code: Secret::new(code.to_owned()),
            body,
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

//! How messages reach people.

pub mod outbox;
mod queue;
mod worker;

use countersign_domain::authentication::Channel;
use countersign_domain::message::Message;

use outbox::Outbox;

pub(crate) use queue::Queue;

/// A way for messages to reach people.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// None: nobody can log in with a code.
    None,
    /// Into an outbox that whoever runs the server on their own machine can read.
    Outbox(Outbox),
}

/// Why a provider did not take a message. The texts are for the log and the audit; they hold
/// neither the address nor anything that is in the message.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotSent {
    /// Not now: it may take it later, or another provider may take it.
    #[error("not now: {0}")]
    Later(String),
    /// Never: trying again would be answered the same.
    #[error("refused: {0}")]
    Never(String),
}

impl Delivery {
    /// Whether messages can be sent by this channel.
    #[must_use]
    pub fn sends(&self, channel: Channel) -> bool {
        match (self, channel) {
            (Self::None, _) => false,
            (Self::Outbox(_), Channel::Sms | Channel::Email) => true,
        }
    }

    /// The outbox, where there is one.
    #[must_use]
    pub fn outbox(&self) -> Option<&Outbox> {
        match self {
            Self::None => None,
            Self::Outbox(outbox) => Some(outbox),
        }
    }

    /// Sends a message, or says why not. Whoever is given the same message twice should see by
    /// its id that it is one.
    async fn send(&self, message: &Message) -> Result<(), NotSent> {
        match self {
            Self::None => Err(NotSent::Later("nothing is set up to send it".to_owned())),
            Self::Outbox(outbox) => outbox.take(message).await,
        }
    }
}

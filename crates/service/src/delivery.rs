//! How codes reach people.

pub mod outbox;

use countersign_domain::Timestamp;
use countersign_domain::authentication::Channel;
use countersign_domain::challenge::Code;
use countersign_domain::identity::Identity;

use outbox::Outbox;

/// A way for codes to reach people.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// None: nobody can log in with a code.
    None,
    /// Into an outbox that whoever runs the server on their own machine can read.
    Outbox(Outbox),
}

impl Delivery {
    /// Whether codes can be sent by this channel.
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

    /// Hands a code over. It returns at once: what takes time is done behind it.
    pub(crate) fn send(&self, channel: Channel, to: &Identity, code: &Code, now: Timestamp) {
        match self {
            Self::None => {}
            Self::Outbox(outbox) => outbox.push(channel, to, code, now),
        }
    }
}

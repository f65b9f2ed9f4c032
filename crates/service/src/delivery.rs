//! How codes reach people.

pub mod outbox;
pub mod sms;

use countersign_domain::Timestamp;
use countersign_domain::authentication::Channel;

use countersign_domain::identity::Identity;
use countersign_domain::message::Content;

use outbox::Outbox;
use sms::Texter;

/// A way for codes to reach people.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// None: nobody can log in with a code.
    None,
    /// Into an outbox that whoever runs the server on their own machine can read.
    Outbox(Outbox),
    /// By providers, to whoever it is for.
    Providers {
        /// SMS, where a provider of them is set up.
        sms: Option<Texter>,
    },
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
    /// Whether codes can be sent by this channel.
    #[must_use]
    pub fn sends(&self, channel: Channel) -> bool {
        match (self, channel) {
            (Self::None, _) => false,
            (Self::Outbox(_), Channel::Sms | Channel::Email) => true,
            (Self::Providers { sms }, Channel::Sms) => sms.is_some(),
            (Self::Providers { .. }, Channel::Email) => false,
        }
    }

    /// The outbox, where there is one.
    #[must_use]
    pub fn outbox(&self) -> Option<&Outbox> {
        match self {
            Self::None | Self::Providers { .. } => None,
            Self::Outbox(outbox) => Some(outbox),
        }
    }

    /// What sends SMS, where a provider of them is set up.
    #[must_use]
    pub fn texter(&self) -> Option<&Texter> {
        match self {
            Self::None | Self::Outbox(_) => None,
            Self::Providers { sms } => sms.as_ref(),
        }
    }

    /// Hands a code over. It returns at once: what takes time is done behind it.
    pub(crate) fn send(&self, channel: Channel, to: &Identity, content: &Content, now: Timestamp) {
        match self {
            Self::None | Self::Providers { .. } => {}
            Self::Outbox(outbox) => outbox.push(channel, to, content, now),
        }
    }
}

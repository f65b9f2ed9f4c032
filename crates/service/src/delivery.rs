//! How codes reach people.

pub mod outbox;

use countersign_domain::Timestamp;
use countersign_domain::authentication::Authenticator;
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
    /// Whether codes of this authenticator can be sent.
    #[must_use]
    pub fn sends(&self, authenticator: Authenticator) -> bool {
        match self {
            Self::None => false,
            Self::Outbox(_) => authenticator.sends_to().is_some(),
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
    pub(crate) fn send(
        &self,
        authenticator: Authenticator,
        to: &Identity,
        code: &Code,
        now: Timestamp,
    ) {
        match self {
            Self::None => {}
            Self::Outbox(outbox) => outbox.push(authenticator, to, code, now),
        }
    }
}

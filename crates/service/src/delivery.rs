//! How messages reach people.

mod complaint;
pub mod mail;
pub mod outbox;
mod queue;
pub mod sms;
mod worker;
pub mod writing;

use countersign_domain::authentication::Channel;
use countersign_domain::message::Message;
use countersign_domain::partner::PartnerSettings;
use countersign_domain::sms::segments;
use countersign_domain::{Secret, Timestamp};

use mail::Mailer;
use outbox::Outbox;
use sms::{Text, Texter};
use writing::Writer;

pub(crate) use queue::Queue;

/// A way for messages to reach people.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// None: nobody can log in with a code.
    None,
    /// Into an outbox that whoever runs the server on their own machine can read.
    Outbox(Outbox),
    /// By providers, to whoever it is for.
    Providers(Providers),
}

/// What brings messages to whoever they are for.
#[derive(Clone, Debug)]
pub struct Providers {
    /// What writes the messages.
    pub writer: Writer,
    /// Mail, where a server for it is set up.
    pub mail: Option<Mailer>,
    /// SMS, where a provider of them is set up.
    pub sms: Option<Texter>,
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
    /// Nobody knows whether it took it. It is not tried again: it may be charged already.
    #[error("it may have been sent: {0}")]
    Unknown(String),
}

impl Delivery {
    /// Whether messages can be sent by this channel.
    #[must_use]
    pub fn sends(&self, channel: Channel) -> bool {
        match (self, channel) {
            (Self::None, _) => false,
            (Self::Outbox(_), Channel::Sms | Channel::Email) => true,
            (Self::Providers(providers), Channel::Sms) => providers.sms.is_some(),
            (Self::Providers(providers), Channel::Email) => providers.mail.is_some(),
        }
    }

    /// The outbox, where there is one.
    #[must_use]
    pub fn outbox(&self) -> Option<&Outbox> {
        match self {
            Self::None | Self::Providers(_) => None,
            Self::Outbox(outbox) => Some(outbox),
        }
    }

    /// How many segments a message takes as an SMS, each of which is charged: of its text as it
    /// would be written now.
    pub(crate) fn segments(
        &self,
        message: &Message,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> u32 {
        let writer = match self {
            Self::None => return 0,
            Self::Outbox(outbox) => outbox.writer(),
            Self::Providers(providers) => &providers.writer,
        };
        segments(writer.sms(message, settings, now).expose()).count
    }

    /// Sends a message, or says why not. Whoever is given the same message twice should see by
    /// its id that it is one.
    async fn send(
        &self,
        message: &Message,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> Result<(), NotSent> {
        match self {
            Self::None => Err(nothing_set_up()),
            Self::Outbox(outbox) => outbox.take(message, settings, now).await,
            Self::Providers(providers) => providers.send(message, settings, now).await,
        }
    }
}

impl Providers {
    async fn send(
        &self,
        message: &Message,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> Result<(), NotSent> {
        match message.channel {
            Channel::Email => {
                let mailer = self.mail.as_ref().ok_or_else(nothing_set_up)?;
                let mail = self.writer.mail(message, settings, now);
                mailer.send(&mail, now).await
            }
            Channel::Sms => {
                let texter = self.sms.as_ref().ok_or_else(nothing_set_up)?;
                let text = Text {
                    id: message.id,
                    partner: message.partner.clone(),
                    to: Secret::new(message.to.value().to_owned()),
                    body: self.writer.sms(message, settings, now),
                    expires_at: message.expires_at,
                };
                texter.send(&text).await
            }
        }
    }
}

/// It was written where something was, or by another node that has it.
fn nothing_set_up() -> NotSent {
    NotSent::Later("nothing is set up to send it".to_owned())
}

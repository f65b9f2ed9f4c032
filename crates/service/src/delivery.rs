//! How messages reach people.

pub mod mail;
pub mod outbox;
mod queue;
pub mod sms;
mod worker;
pub mod writing;

use countersign_domain::authentication::Channel;
use countersign_domain::message::{Content, Message};
use countersign_domain::partner::PartnerSettings;
use countersign_domain::sms::with_web_otp;
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
                texter.send(&self.text(message, settings, now)).await
            }
        }
    }

    /// The SMS, with the line by which a browser takes the code over.
    fn text(&self, message: &Message, settings: &PartnerSettings, now: Timestamp) -> Text {
        let words = self.writer.sms(message, settings, now);
        let page = settings.public_urls.first();
        let host = page.and_then(|page| page.origin().host_name());
        let body = match &message.content {
            Content::Code(code) => Secret::new(with_web_otp(words.expose(), host, code.expose())),
            Content::PasswordReset(_) => words,
        };
        Text {
            id: message.id,
            partner: message.partner.clone(),
            to: Secret::new(message.to.value().to_owned()),
            body,
            expires_at: message.expires_at,
        }
    }
}

/// It was written where something was, or by another node that has it.
fn nothing_set_up() -> NotSent {
    NotSent::Later("nothing is set up to send it".to_owned())
}

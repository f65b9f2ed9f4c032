//! SMS, by the providers that the operator has set up. Another provider is another file here,
//! and its variant in [`Provider`].

mod http;
mod routes;
mod twilio;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::id::MessageId;
use countersign_domain::partner::Slug;
use countersign_domain::sms::segments;
use countersign_domain::{Clock, Secret, Timestamp};

use super::NotSent;
use super::complaint::Complaint;

pub use routes::{InvalidRoutes, ProviderName, Routes};
pub use twilio::{Sender, TwilioSettings};
pub use webhook::{InvalidWebhookSecrets, WebhookSecrets, WebhookSettings};

use twilio::Twilio;
use webhook::Webhook;

/// An SMS on its way.
#[derive(Clone, Debug)]
pub struct Text {
    /// The message's id, the same however often it is tried.
    pub id: MessageId,
    /// In whose name.
    pub partner: Slug,
    /// The number, in E.164.
    pub to: Secret<String>,
    /// What is in it, the line for browsers last.
    pub body: Secret<String>,
    /// From when on it is of no use.
    pub expires_at: Timestamp,
}

/// How SMS are sent: the providers, and which of them for which numbers.
pub struct TexterSettings {
    /// Which providers for which numbers.
    pub routes: Routes,
    /// Twilio, where it is set up.
    pub twilio: Option<TwilioSettings>,
    /// A webhook, where one is set up.
    pub webhook: Option<WebhookSettings>,
    /// How long a provider may take to answer.
    pub time_out: Duration,
}

/// Why SMS cannot be sent as it was set up.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidTexter {
    /// A route names a provider that is not set up.
    #[error("sms.routes names {0}, which is not set up; set its keys, or take it out")]
    NotSetUp(ProviderName),
    /// A provider's URL cannot be used.
    #[error("{key}: {right}")]
    Url {
        /// The key that sets it.
        key: &'static str,
        /// What would be right.
        right: String,
    },
    /// The system's certificates or TLS cannot be used.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// Sends SMS. Clones share it.
#[derive(Clone)]
pub struct Texter(Arc<Inner>);

struct Inner {
    routes: Routes,
    providers: Vec<(ProviderName, Provider)>,
    clock: Arc<dyn Clock>,
    /// That an account is refused.
    refused: Complaint,
    /// That messages are long.
    long: Complaint,
}

/// A provider of SMS.
enum Provider {
    Twilio(Twilio),
    Webhook(Webhook),
}

/// Why a provider took no message. The texts hold neither number nor message.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Refused {
    /// Not now.
    Later(String),
    /// Nobody knows whether it took it.
    Unknown(String),
    /// The same, and it would see by the id that it is given the same message again.
    Again(String),
    /// Never to this number: any other provider would say the same.
    Number(String),
    /// Not from this account, or not so: the operator's to put right. Another may take it.
    Account(String),
}

impl Provider {
    async fn send(&self, text: &Text, now: Timestamp) -> Result<(), Refused> {
        match self {
            Self::Twilio(twilio) => twilio.send(text, now).await,
            Self::Webhook(webhook) => webhook.send(text, now).await,
        }
    }
}

impl Texter {
    /// Sets the providers up.
    ///
    /// # Errors
    /// [`InvalidTexter`], with what would be right.
    pub fn new(settings: TexterSettings, clock: Arc<dyn Clock>) -> Result<Self, InvalidTexter> {
        let time_out = settings.time_out;
        let mut providers = Vec::new();
        if let Some(twilio) = settings.twilio {
            let twilio = Provider::Twilio(Twilio::new(twilio, time_out)?);
            providers.push((ProviderName::Twilio, twilio));
        }
        if let Some(webhook) = settings.webhook {
            let webhook = Provider::Webhook(Webhook::new(webhook, time_out)?);
            providers.push((ProviderName::Webhook, webhook));
        }
        let set_up = |name: &ProviderName| providers.iter().any(|(there, _)| there == name);
        if let Some(missing) = settings.routes.providers().find(|name| !set_up(name)) {
            return Err(InvalidTexter::NotSetUp(missing));
        }
        Ok(Self(Arc::new(Inner {
            routes: settings.routes,
            providers,
            clock,
            refused: Complaint::default(),
            long: Complaint::default(),
        })))
    }

    /// Sends an SMS by the first provider of its route that takes it.
    ///
    /// # Errors
    /// [`NotSent::Never`] where the number takes none, or has no route; [`NotSent::Unknown`]
    /// where a provider did not say whether it took it; [`NotSent::Later`]
    /// where another attempt may succeed, if only because the operator put something right.
    pub async fn send(&self, text: &Text) -> Result<(), NotSent> {
        let segments = segments(text.body.expose()).count;
        if segments > 1 && self.0.long.due(self.0.clock.uptime()) {
            let (message, partner) = (text.id, &text.partner);
            tracing::warn!(%message, %partner, segments, "an SMS takes more than one segment, each charged");
        }
        let route = self.0.routes.of(text.to.expose());
        let mut refused = None;
        for name in route {
            let providers = self.0.providers.iter();
            let named = providers.filter(|(there, _)| there == name);
            for (_, provider) in named {
                match provider.send(text, self.0.clock.now()).await {
                    Ok(()) => return Ok(()),
                    Err(Refused::Number(why)) => {
                        return Err(NotSent::Never(format!("{name}: {why}")));
                    }
                    // It may be sent and charged already: another attempt would be one more.
                    Err(Refused::Unknown(why)) => {
                        return Err(NotSent::Unknown(format!("{name}: {why}")));
                    }
                    // Another provider would be one more message.
                    Err(Refused::Again(why)) => {
                        return Err(NotSent::Later(format!("{name}: {why}")));
                    }
                    Err(Refused::Later(why)) => refused = Some(format!("{name}: {why}")),
                    Err(Refused::Account(why)) => {
                        let why = format!("{name}: {why}");
                        self.complain(text, &why);
                        refused = Some(why);
                    }
                }
            }
        }
        Err(match refused {
            Some(why) => NotSent::Later(why),
            None => NotSent::Never("sms.routes has no provider for this number".to_owned()),
        })
    }

    /// Says what is the operator's to put right.
    fn complain(&self, text: &Text, why: &str) {
        if self.0.refused.due(self.0.clock.uptime()) {
            let (message, partner) = (text.id, &text.partner);
            tracing::error!(%message, %partner, why, "SMS are refused to this account");
        }
    }
}

impl std::fmt::Debug for Texter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.0.providers.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

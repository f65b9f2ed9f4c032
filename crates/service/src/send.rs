//! Send: the one door through which anything goes to an address or a number.

use std::time::Duration;

use countersign_domain::authentication::Channel;
use countersign_domain::challenge::{Challenge, Code, SentCode};
use countersign_domain::id::{DeviceId, MessageId};
use countersign_domain::identity::Identity;
use countersign_domain::locale::Locale;
use countersign_domain::message::{About, Content, Message};
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::sms::SmsRefusal;
use countersign_domain::{Caller, Timestamp};
use countersign_store::{Batch, Step, limits};

use crate::limits::Use;
use crate::sms_budget::Reserved;
use crate::{Failure, Service};

/// Something that is to be sent.
pub(crate) struct ToSend<'a> {
    /// Whose user it is for.
    pub(crate) partner: &'a Slug,
    /// By what.
    pub(crate) channel: Channel,
    /// Where to.
    pub(crate) to: &'a Identity,
    /// What is in it.
    pub(crate) content: Content,
    /// Whom and what it is about, for the audit.
    pub(crate) about: About,
    /// Whether anybody awaits it. Where nobody does nothing is sent, and nothing else is
    /// different.
    pub(crate) awaited: bool,
    /// The person's language, where it is known.
    pub(crate) locale: Option<&'a Locale>,
    /// From when on it is of no use.
    pub(crate) expires_at: Timestamp,
    /// The device that asks for it, where its user logged in on it before: what is sent to it
    /// is counted by itself.
    pub(crate) known_device: Option<DeviceId>,
}

/// Why nothing was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SendRefusal {
    /// Too many; the next may be sent after this long.
    #[error("too many messages; the next may be sent in {} s", .0.as_secs())]
    TooMany(Duration),
    /// No SMS is sent there, or none now.
    #[error(transparent)]
    Sms(SmsRefusal),
}

impl<'a> ToSend<'a> {
    /// A code of this challenge.
    pub(crate) fn code(
        challenge: &'a Challenge,
        code: Code,
        sent: &SentCode,
        awaited: bool,
    ) -> Self {
        Self {
            partner: &challenge.partner,
            channel: challenge.channel,
            to: &challenge.identity,
            content: Content::Code(code),
            about: About {
                user: challenge.candidate.user(),
                challenge: Some(challenge.id),
            },
            awaited,
            locale: challenge.locale.as_ref(),
            expires_at: sent.expires_at,
            known_device: challenge.known_device.then_some(challenge.device),
        }
    }

    /// The message.
    fn message(self, id: MessageId, now: Timestamp) -> Message {
        Message {
            id,
            partner: self.partner.clone(),
            channel: self.channel,
            to: self.to.clone(),
            awaited: self.awaited,
            content: self.content,
            locale: self.locale.cloned(),
            created_at: now,
            expires_at: self.expires_at,
        }
    }
}

impl Service {
    /// Sends what is to be sent: it is in the queue once this returns, in one unit of work
    /// with what awaits it, what it costs and what is counted of it. Nobody waits for a
    /// provider here, and nobody is told by a limit whether anybody awaits it.
    ///
    /// # Errors
    /// [`SendRefusal`]; or [`Failure::Store`], also with a conflict of `awaits`.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        to_send: ToSend<'_>,
        settings: &PartnerSettings,
        awaits: impl IntoIterator<Item = Step>,
        now: Timestamp,
    ) -> Result<(), Failure<SendRefusal>> {
        if to_send.known_device.is_some() {
            return self.send_counted(to_send, settings, awaits, now).await;
        }
        let (partner, limits) = (to_send.partner, &settings.limits);
        let passed = self.pass(caller, Use::Send, partner, limits);
        passed.map_err(|wait| Failure::Refused(SendRefusal::TooMany(wait)))?;
        let sent = self.send_counted(to_send, settings, awaits, now).await;
        if let Err(Failure::Refused(_)) = &sent {
            self.inner.node.give_back_send(partner, limits);
        }
        sent
    }

    async fn send_counted(
        &self,
        to_send: ToSend<'_>,
        settings: &PartnerSettings,
        awaits: impl IntoIterator<Item = Step>,
        now: Timestamp,
    ) -> Result<(), Failure<SendRefusal>> {
        let (channel, about) = (to_send.channel, to_send.about);
        // All known devices have the same codes: there may be many, and one inbox.
        let known = to_send.known_device.map(|_| DeviceId::NIL);
        let counted = self.counted(to_send.partner, to_send.to, known);
        let take = limits::take_send(&counted, &settings.limits.sends(), now);
        let message = to_send.message(MessageId::generate(now, &*self.inner.entropy), now);
        let reserved = self.reserve_sms(&message, known, settings, now).await;
        let mut reserved = reserved.map_err(|failure| failure.map(SendRefusal::Sms))?;
        let costs = reserved.as_mut().map(Reserved::take_steps);

        let batch = Batch::new()
            .then_all(awaits)
            .then_all(costs.into_iter().flatten())
            .then(self.enqueue(&message, about, now));
        let within = (&settings.limits, None);
        match self.commit_within(take, batch, within).await {
            Ok(_) => {}
            Err(error) if limits::none_left(&error) => {
                let wait = self.send_wait(&counted, &settings.limits, now).await?;
                return Err(Failure::Refused(SendRefusal::TooMany(wait)));
            }
            Err(error) => {
                let refused = self.sms_not_reserved(reserved.as_ref(), error, now);
                return Err(refused.await.map(SendRefusal::Sms));
            }
        }
        self.inner.queue.wake(channel);
        Ok(())
    }
}

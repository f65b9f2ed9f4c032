//! Send: the one door through which anything goes to an address or a number.

use countersign_domain::authentication::Channel;
use countersign_domain::challenge::{Candidate, Challenge, Code, SentCode};
use countersign_domain::id::MessageId;
use countersign_domain::identity::Identity;
use countersign_domain::locale::Locale;
use countersign_domain::message::{About, Content, Message};
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::sms::SmsRefusal;
use countersign_domain::{Caller, Timestamp};
use countersign_store::{Batch, Step};

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
                user: match challenge.candidate {
                    Candidate::Known(user, _) => Some(user),
                    Candidate::Unknown | Candidate::Decoy => None,
                },
                challenge: Some(challenge.id),
            },
            awaited,
            locale: challenge.locale.as_ref(),
            expires_at: sent.expires_at,
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
    /// with what awaits it and what it costs. Nobody waits for a provider here.
    pub(crate) async fn send(
        &self,
        _caller: &Caller,
        to_send: ToSend<'_>,
        settings: &PartnerSettings,
        awaits: impl IntoIterator<Item = Step>,
        now: Timestamp,
    ) -> Result<(), Failure<SmsRefusal>> {
        let mut reserved = self.reserve_sms(&to_send, settings, now).await?;
        let costs = reserved.as_mut().map(Reserved::take_steps);
        let (channel, about) = (to_send.channel, to_send.about);
        let message = to_send.message(MessageId::generate(now, &*self.inner.entropy), now);
        let batch = Batch::new()
            .then_all(awaits)
            .then_all(costs.into_iter().flatten())
            .then(self.enqueue(&message, about, now));
        if let Err(error) = self.commit(batch).await {
            let refused = self.sms_not_reserved(reserved.as_ref(), error, now);
            return Err(refused.await);
        }
        self.inner.queue.wake(channel);
        Ok(())
    }
}

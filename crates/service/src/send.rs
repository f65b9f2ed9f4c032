//! Send: the one door through which anything goes to an address or a number.

use countersign_domain::authentication::Channel;
use countersign_domain::challenge::{Challenge, Code, SentCode};
use countersign_domain::id::MessageId;
use countersign_domain::identity::Identity;
use countersign_domain::locale::Locale;
use countersign_domain::message::Content;
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::sms::{SmsRefusal, with_web_otp};
use countersign_domain::{Caller, Secret, Timestamp};
use countersign_store::{Batch, Step};

use crate::delivery::sms::Text;
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
            awaited,
            locale: challenge.locale.as_ref(),
            expires_at: sent.expires_at,
        }
    }
}

impl Service {
    /// Sends what is to be sent, in one unit of work with what awaits it and what it costs.
    pub(crate) async fn send(
        &self,
        _caller: &Caller,
        to_send: ToSend<'_>,
        settings: &PartnerSettings,
        awaits: impl IntoIterator<Item = Step>,
        now: Timestamp,
    ) -> Result<(), Failure<SmsRefusal>> {
        let batch = Batch::new().then_all(awaits);
        let mut reserved = self.reserve_sms(&to_send, settings, now).await?;
        let steps = reserved.as_mut().map(Reserved::take_steps);
        let batch = batch.then_all(steps.into_iter().flatten());
        if let Err(error) = self.commit(batch).await {
            let refused = self.sms_not_reserved(reserved.as_ref(), error, now);
            return Err(refused.await);
        }
        if to_send.awaited {
            self.deliver(&to_send, settings, now);
        }
        Ok(())
    }

    /// Hands a message over. It returns at once: what takes time is done behind it.
    fn deliver(&self, to_send: &ToSend<'_>, settings: &PartnerSettings, now: Timestamp) {
        let delivery = &self.inner.delivery;
        let Some(texter) = delivery
            .texter()
            .filter(|_| to_send.channel == Channel::Sms)
        else {
            return delivery.send(to_send.channel, to_send.to, &to_send.content, now);
        };
        let secret = match &to_send.content {
            Content::Code(code) => code.expose(),
            Content::PasswordReset(secret) => secret.expose(),
        };
        let page = settings.public_urls.first();
        let host = page.and_then(|page| page.origin().host_name());
        let words = format!("{secret} is your code. Give it to nobody.");
        let text = Text {
            id: MessageId::generate(now, &*self.inner.entropy),
            partner: to_send.partner.clone(),
            to: Secret::new(to_send.to.value().to_owned()),
            body: Secret::new(with_web_otp(&words, host, secret)),
            expires_at: to_send.expires_at,
        };
        let texter = texter.clone();
        self.inner.work.spawn(async move {
            if let Err(error) = texter.send(&text).await {
                tracing::warn!(message = %text.id, %error, "an SMS was not sent");
            }
        });
    }
}

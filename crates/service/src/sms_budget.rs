//! The SMS budget: what a message costs is reserved in the unit of work that sends it.
//!
//! Where nobody awaits the message it is reserved and counted all the same: a number that may
//! log in must not be told from another by what is left of a budget.

use countersign_domain::Timestamp;
use countersign_domain::audit::{Action, Actor, Event};
use countersign_domain::authentication::Channel;
use countersign_domain::id::DeviceId;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::message::Message;
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::sms::{self, Cap, Country, PROBE_EVERY, Seen, SmsRefusal, Spans, Verdict};
use countersign_store::{Batch, Step, StoreError, sms as kept};

use crate::{Failure, Service};

/// What is reserved for a message, once these steps are committed.
pub(crate) struct Reserved {
    partner: Slug,
    country: Country,
    steps: Vec<Step>,
}

impl Reserved {
    /// The steps, for the batch that sends the message.
    pub(crate) fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }
}

impl Service {
    /// What is to be reserved for a message; nothing where it is no SMS, or costs nothing.
    pub(crate) async fn reserve_sms(
        &self,
        message: &Message,
        known_device: Option<DeviceId>,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> Result<Option<Reserved>, Failure<SmsRefusal>> {
        let budget = self.inner.sms.as_ref();
        let Some(budget) = budget.filter(|_| message.channel == Channel::Sms) else {
            return Ok(None);
        };
        let (partner, number) = (&message.partner, message.to.value());
        let allowed = |country: &Country| settings.sms_countries.contains(country);
        let country = Country::of_number(number).filter(allowed);
        let country = country.ok_or(Failure::Refused(SmsRefusal::CountryNotAllowed))?;
        // Whoever asks first has each probe: an attack keeps nobody out who was in before. What
        // is sent to a known device is paid and counted like all else.
        let probe = match known_device {
            Some(_) => None,
            None => self.pass_breaker(partner, &country, now).await?,
        };

        let segments = self.inner.delivery.segments(message, settings, now);
        let price = budget.prices.of(number).times(segments);
        let caps = settings.sms_caps(&country);
        let of_partner = kept::reserve((partner, &country), price, caps, now);
        let of_all = budget.daily.map(|cap| {
            let random = self.inner.entropy.below(u32::MAX);
            kept::reserve_of_all(price, cap, random, now)
        });
        let counted = kept::count_sent(partner, &country, now);
        let steps = probe.into_iter().chain(of_partner).chain(of_all);
        Ok(Some(Reserved {
            steps: steps.chain([counted]).collect(),
            partner: partner.clone(),
            country,
        }))
    }

    /// What it means that the batch with these steps failed.
    pub(crate) async fn sms_not_reserved(
        &self,
        reserved: Option<&Reserved>,
        error: StoreError,
        now: Timestamp,
    ) -> Failure<SmsRefusal> {
        if kept::probe_taken(&error) {
            return Failure::Refused(SmsRefusal::BreakerOpen(PROBE_EVERY));
        }
        let (Some(reserved), Some(cap)) = (reserved, kept::cap_reached(&error)) else {
            return error.into();
        };
        match self.note_cap(cap, reserved, now).await {
            Ok(()) => Failure::Refused(sms::reached(now)),
            Err(error) => error.into(),
        }
    }

    /// Writes that a cap was reached, once a day.
    async fn note_cap(&self, cap: Cap, of: &Reserved, now: Timestamp) -> Result<(), StoreError> {
        let (partner, country, name) = (&of.partner, &of.country, cap.as_str());
        let store = &self.inner.store;
        let today = sms::day(now);
        if store.sms_cap_reached(cap, partner, country, today).await? {
            return Ok(());
        }
        tracing::warn!(%partner, %country, cap = name, "what SMS may cost today is spent");
        let event = Event::done(Action::SmsBudgetReached, Actor::Server);
        let event = event.detail(format!("{name}, at a message to {country}"));
        let mark = kept::mark_reached(cap, partner, country, now);
        self.note(mark, event, partner, now).await
    }

    /// Looks at the breaker of this country: refuses, or says what step lets a probe through.
    async fn pass_breaker(
        &self,
        partner: &Slug,
        country: &Country,
        now: Timestamp,
    ) -> Result<Option<Step>, Failure<SmsRefusal>> {
        let store = &self.inner.store;
        let breaker = store.sms_breaker(partner, country).await?;
        let spans = Spans::of(breaker.as_ref(), now);
        let seen = store.sms_seen((partner, country), spans).await?;
        match sms::decide(breaker.as_ref(), &seen, now) {
            Verdict::Pass => Ok(None),
            Verdict::Probe => Ok(Some(kept::probe(partner, country, now))),
            Verdict::Refuse => Err(Failure::Refused(SmsRefusal::BreakerOpen(PROBE_EVERY))),
            Verdict::Open => {
                tracing::warn!(%partner, %country, "hardly any code sent there is used");
                let event = breaker_event(Action::SmsBreakerOpened, country, &seen);
                let open = kept::open(partner, country, now);
                self.note(open, event, partner, now).await?;
                Err(Failure::Refused(SmsRefusal::BreakerOpen(PROBE_EVERY)))
            }
            Verdict::Close => {
                tracing::info!(%partner, %country, "codes sent there are used again");
                let event = breaker_event(Action::SmsBreakerClosed, country, &seen);
                let close = kept::close(partner, country, now);
                self.note(close, event, partner, now).await?;
                Ok(None)
            }
        }
    }

    /// Writes what changed and that it did, unless somebody else has written it.
    async fn note(
        &self,
        change: Step,
        event: Event,
        partner: &Slug,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let caller = self.inner.ledger.local_caller(now);
        let entry = self.record(&caller, event.partner(partner), now);
        match self.commit(Batch::new().then(change).then(entry)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Counts that a code sent there at that time is used, in the unit of work that redeems it.
    pub(crate) fn sms_used(&self, partner: &Slug, to: &Identity, at: Timestamp) -> Option<Step> {
        let country = self.sms_country(to)?;
        Some(kept::count_used(partner, &country, at))
    }

    /// Takes back that a code was sent, for a message that no provider took: a provider's
    /// failure must not look like codes that nobody uses. What was reserved stays spent, since
    /// a provider that did not answer may have sent it, and charges for it.
    #[must_use]
    pub(crate) fn sms_not_sent(&self, message: &Message) -> Option<Step> {
        let country = self.sms_country(&message.to)?;
        let (partner, sent_at) = (&message.partner, message.created_at);
        Some(kept::not_sent(partner, &country, sent_at))
    }

    /// In which country what goes there is counted, where SMS are.
    fn sms_country(&self, to: &Identity) -> Option<Country> {
        let counted = self.inner.sms.is_some() && to.kind() == IdentityType::Phone;
        Country::of_number(counted.then(|| to.value())?)
    }
}

fn breaker_event(action: Action, country: &Country, seen: &Seen) -> Event {
    let (sent, used) = (seen.recent.sent, seen.recent.used);
    Event::done(action, Actor::Server).detail(format!("{country}, {used} of {sent} codes used"))
}

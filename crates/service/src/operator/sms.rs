//! What was spent on SMS, and the breakers, as an operator sees and resets them.

use countersign_domain::audit::Action;
use countersign_domain::partner::Slug;
use countersign_domain::sms::{self, Breaker, Country, Money, Seen, Spans};
use countersign_store::sms::Spent;
use countersign_store::{Batch, StoreError, sms as kept};

use super::{Operator, PartnerRefusal};
use crate::Failure;

/// What a partner spends on SMS today, and what holds SMS back.
#[derive(Clone, Debug)]
pub struct ShownSms {
    /// Whose.
    pub partner: Slug,
    /// What is spent so far, by country and in all, the dearest first.
    pub spent: Vec<Spent>,
    /// What may be spent in a day, and on one country; `None` where the partner's settings
    /// cannot be read.
    pub budgets: Option<(Money, Money)>,
    /// The breakers that were ever open.
    pub breakers: Vec<ShownBreaker>,
}

/// A breaker, and what it judges by.
#[derive(Clone, Debug)]
pub struct ShownBreaker {
    /// For which country.
    pub country: Country,
    /// Its state.
    pub breaker: Breaker,
    /// What it judges by.
    pub seen: Seen,
}

impl Operator {
    /// What a partner spends on SMS today, and what holds SMS back.
    ///
    /// # Errors
    /// [`PartnerRefusal::Unknown`].
    pub async fn show_sms(&self, partner: &Slug) -> Result<ShownSms, Failure<PartnerRefusal>> {
        let shown = self.show_partner(partner).await?;
        let now = self.clock.now();
        let mut breakers = Vec::new();
        for (country, breaker) in self.store.sms_breakers(partner).await? {
            let spans = Spans::of(Some(&breaker), now);
            let seen = self.store.sms_seen((partner, &country), spans).await?;
            breakers.push(ShownBreaker {
                country,
                breaker,
                seen,
            });
        }
        let budgets = shown
            .settings
            .map(|settings| (settings.sms_daily_budget, settings.sms_country_daily_budget));
        Ok(ShownSms {
            partner: shown.slug,
            spent: self.store.sms_spent(partner, sms::day(now)).await?,
            budgets,
            breakers,
        })
    }

    /// Closes the open breakers of a partner, or that for one country. Which were open.
    ///
    /// # Errors
    /// [`PartnerRefusal::Unknown`].
    pub async fn reset_sms(
        &self,
        partner: &Slug,
        country: Option<&Country>,
    ) -> Result<Vec<Country>, Failure<PartnerRefusal>> {
        self.show_partner(partner).await?;
        let mut closed = Vec::new();
        for (of, breaker) in self.store.sms_breakers(partner).await? {
            let meant = country.is_none_or(|country| *country == of);
            if !meant || breaker.opened_at.is_none() {
                continue;
            }
            let now = self.clock.now();
            let event = self.event(Action::SmsBreakerReset).partner(partner);
            let batch = Batch::new()
                .then(kept::close(partner, &of, now))
                .then(self.record(event.detail(of.as_str()), now));
            match self.commit(batch).await {
                Ok(_) => closed.push(of),
                // It closed by itself in the meantime.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(closed)
    }
}

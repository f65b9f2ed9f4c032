//! What a page hands on to the next: sealed into the address, and bound to one browser.

use std::time::Duration;

use crate::authentication::Channel;
use crate::id::{AuthenticationId, TransactionId};
use crate::locale::Locale;
use crate::one_time::Purpose;
use crate::partner::Slug;
use crate::token::BrowserMark;
use crate::work::{self, Puzzle};
use crate::{Secret, Timestamp};

/// How long a person may be away at the partner's login.
pub const TRANSACTION_LIFE: Duration = Duration::from_secs(15 * 60);
/// How many ways to a partner's login one browser can have open at once.
pub const TRANSACTIONS: usize = 8;

/// What a page hands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageState {
    /// Whose pages.
    pub partner: Slug,
    /// In which browser.
    pub browser: BrowserMark,
    /// Where the person goes in the end: a path of the application, with its query.
    pub return_to: String,
    /// In which language, where a link said it.
    pub locale: Option<Locale>,
    /// From when on it is refused.
    pub expires_at: Timestamp,
    /// What the person is doing.
    pub step: Step,
}

/// What a person is doing.
#[derive(Clone, Debug)]
pub enum Step {
    /// They are at the partner's login. The browser's mark is that of a cookie made for this
    /// alone.
    AtPartner(TransactionId),
    /// They came with a one-time token.
    Entering {
        /// The token.
        token: Secret<String>,
        /// For what it must have been minted.
        purpose: Purpose,
        /// Whether they need not be asked: they come from where such tokens come from.
        unasked: bool,
        /// The way to the partner's login that ends with it.
        transaction: Option<TransactionId>,
    },
    /// They were sent a code.
    Answering {
        /// The challenge.
        challenge: AuthenticationId,
        /// How it was sent.
        channel: Channel,
        /// Where to, with most of it hidden.
        sent_to: String,
    },
    /// They were shown a form that takes proof of work.
    Working {
        /// Which form.
        form: work::Form,
        /// What is to be found.
        puzzle: Puzzle,
        /// From when on it is enough to have waited.
        ready_at: Timestamp,
    },
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AtPartner(one), Self::AtPartner(other)) => one == other,
            (
                Self::Entering {
                    token,
                    purpose,
                    unasked,
                    transaction,
                },
                Self::Entering {
                    token: t,
                    purpose: p,
                    unasked: u,
                    transaction: id,
                },
            ) => token.expose() == t.expose() && (purpose, unasked, transaction) == (p, u, id),
            (
                Self::Answering {
                    challenge,
                    channel,
                    sent_to,
                },
                Self::Answering {
                    challenge: i,
                    channel: c,
                    sent_to: s,
                },
            ) => challenge == i && channel == c && sent_to == s,
            (
                Self::Working {
                    form,
                    puzzle,
                    ready_at,
                },
                Self::Working {
                    form: f,
                    puzzle: p,
                    ready_at: r,
                },
            ) => form == f && puzzle == p && ready_at == r,
            _ => false,
        }
    }
}

impl Eq for Step {}

/// Why a page state is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateRefusal {
    /// Another partner's pages made it.
    #[error("another partner's pages made it")]
    OtherPartner,
    /// Another browser has it, or this one keeps no cookies.
    #[error("another browser has it, or this one keeps no cookies")]
    OtherBrowser,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
}

impl PageState {
    /// Whether it is of this partner and this browser, and not over.
    ///
    /// # Errors
    /// [`StateRefusal`].
    pub fn check(
        &self,
        partner: &Slug,
        browser: Option<BrowserMark>,
        now: Timestamp,
    ) -> Result<(), StateRefusal> {
        if self.partner != *partner {
            return Err(StateRefusal::OtherPartner);
        }
        if browser != Some(self.browser) {
            return Err(StateRefusal::OtherBrowser);
        }
        if now >= self.expires_at {
            return Err(StateRefusal::Expired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HERE: BrowserMark = BrowserMark([1; 32]);
    const ELSEWHERE: BrowserMark = BrowserMark([2; 32]);

    #[rstest]
    #[case("a", Some(HERE), 59, Ok(()))]
    #[case("a", Some(HERE), 60, Err(StateRefusal::Expired))]
    #[case("a", Some(ELSEWHERE), 59, Err(StateRefusal::OtherBrowser))]
    #[case("a", None, 59, Err(StateRefusal::OtherBrowser))]
    #[case("b", Some(HERE), 59, Err(StateRefusal::OtherPartner))]
    fn a_state_is_of_one_partner_one_browser_and_a_time(
        #[case] partner: &str,
        #[case] browser: Option<BrowserMark>,
        #[case] now: i64,
        #[case] expected: Result<(), StateRefusal>,
    ) {
        let state = PageState {
            partner: "a".parse().unwrap(),
            browser: HERE,
            return_to: "/".to_owned(),
            locale: None,
            expires_at: Timestamp::from_micros(60),
            step: Step::AtPartner(TransactionId::NIL),
        };
        let partner = partner.parse().unwrap();
        let now = Timestamp::from_micros(now);
        assert_eq!(state.check(&partner, browser, now), expected);
    }
}

//! Whom a person or a partner signs out elsewhere.

use countersign_domain::Timestamp;
use http::{Method, StatusCode};
use url::form_urlencoded;

use super::super::seen::{Answered, Asked};
use super::Tokens;
use super::holder::Holder;

impl Tokens {
    /// What a partner says ends all that its user has.
    pub(super) fn learn_from_signing_out(
        &mut self,
        asked: &Asked,
        answered: &Answered,
        now: Timestamp,
    ) {
        let user = asked.target.strip_prefix("/v1/users/");
        let user = user.and_then(|rest| rest.strip_suffix("/sessions"));
        let said = asked.method == Method::DELETE && answered.status == StatusCode::NO_CONTENT;
        if let Some(user) = user.filter(|_| said) {
            self.end_of("revoked", now, |it| {
                it.identities.iter().any(|id| id == user)
            });
        }
    }

    /// On the page of their devices people sign out one of them, or all others. Where the page
    /// leads then says which.
    pub(super) fn learn_from_devices(
        &mut self,
        asked: &Asked,
        answered: &Answered,
        now: Timestamp,
    ) {
        if asked.method != Method::POST || asked.path() != "/auth/account" {
            return;
        }
        let query = answered.location.split_once('?').unwrap_or_default().1;
        let mut query = form_urlencoded::parse(query.as_bytes());
        let Some((_, said)) = query.find(|(name, _)| name == "said") else {
            return;
        };
        let mut held = asked.held.iter();
        let Some(own) = held.find_map(|text| self.token(text)?.holder.clone()) else {
            return;
        };
        self.end_of("signed out elsewhere", now, |it| {
            it.user == own.user
                && it.device != own.device
                && (said == "others" || *said == it.device)
        });
    }

    /// Ends a token, and what was opened with it.
    pub(super) fn end(&mut self, text: &str, now: Timestamp, how: &'static str) {
        for token in &mut self.all {
            if token.text == text || token.of.as_deref() == Some(text) {
                token.end(now, how);
            }
        }
    }

    /// Ends all that these people have.
    fn end_of(&mut self, how: &'static str, now: Timestamp, whose: impl Fn(&Holder) -> bool) {
        for token in &mut self.all {
            if token.holder.as_ref().is_some_and(&whose) {
                token.end(now, how);
            }
        }
    }
}

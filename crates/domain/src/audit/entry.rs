//! An event as it is kept.

use super::{Addresses, Event};
use crate::Timestamp;
use crate::caller::Caller;
use crate::id::{AnyId, EntryId, RequestId, UserId};

/// An event as it is kept. Its words are texts, so that one which a newer version wrote can
/// be checked and shown by this one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its id, which grows with time.
    pub id: EntryId,
    /// The request in which it happened.
    pub request: RequestId,
    /// When, by the clock of the node that decided.
    pub at: Timestamp,
    /// The word of an [`Action`](super::Action).
    pub action: String,
    /// The word of an [`Outcome`](super::Outcome).
    pub outcome: String,
    /// The word of a [`Reason`](super::Reason).
    pub reason: Option<String>,
    /// The word of an [`Actor`](super::Actor).
    pub actor: String,
    /// Which actor.
    pub actor_id: Option<AnyId>,
    /// The partner's slug.
    pub partner: Option<String>,
    /// The user.
    pub user: Option<UserId>,
    /// The word of a [`Subject`](super::Subject).
    pub subject: Option<String>,
    /// Which subject.
    pub subject_id: Option<AnyId>,
    /// A few words more.
    pub detail: Option<String>,
    /// As much of the client's address as is kept.
    pub address: Option<String>,
}

impl Entry {
    /// The entry of an event.
    #[must_use]
    pub fn new(
        id: EntryId,
        caller: &Caller,
        event: Event,
        addresses: Addresses,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            request: caller.request,
            at,
            action: event.action.as_str().to_owned(),
            outcome: event.outcome.as_str().to_owned(),
            reason: event.reason.map(|reason| reason.as_str().to_owned()),
            actor: event.actor.as_str().to_owned(),
            actor_id: event.actor.id(),
            partner: event.partner.map(|slug| slug.as_str().to_owned()),
            user: event.user,
            subject: event.subject.map(|subject| subject.as_str().to_owned()),
            subject_id: event.subject.map(super::Subject::id),
            detail: event.detail,
            address: caller.address.and_then(|address| addresses.keep(address)),
        }
    }

    /// The entry as bytes: each field with whether it is there and its length before it, so
    /// that no two entries have the same.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let text = |text: &Option<String>| text.as_ref().map(|text| text.as_bytes().to_vec());
        let id = |id: &Option<AnyId>| id.map(|id| id.as_bytes().to_vec());
        let fields = [
            Some(self.id.as_bytes().to_vec()),
            Some(self.request.as_bytes().to_vec()),
            Some(self.at.as_micros().to_be_bytes().to_vec()),
            Some(self.action.as_bytes().to_vec()),
            Some(self.outcome.as_bytes().to_vec()),
            text(&self.reason),
            Some(self.actor.as_bytes().to_vec()),
            id(&self.actor_id),
            text(&self.partner),
            self.user.map(|user| user.as_bytes().to_vec()),
            text(&self.subject),
            id(&self.subject_id),
            text(&self.detail),
            text(&self.address),
        ];
        let mut bytes = Vec::with_capacity(256);
        for field in &fields {
            match field {
                None => bytes.push(0),
                Some(field) => {
                    bytes.push(1);
                    bytes.extend((field.len() as u64).to_be_bytes());
                    bytes.extend(field);
                }
            }
        }
        bytes
    }
}

use std::collections::HashSet;

use countersign_domain::authentication::Channel;
use countersign_domain::id::MessageId;
use countersign_domain::key::SealingKeyId;
use countersign_domain::message::SealedMessage;
use countersign_domain::{SystemEntropy, Timestamp};
use countersign_store::messages::{self, Claim};
use countersign_store::{Batch, Outcome, Store};

use crate::fixture::{at, at_once, conflicts, done, partner};

contract! {
    a_message_is_claimed_as_it_was_written,
    a_claimed_message_is_left_alone_until_its_lease_ends,
    the_longest_due_of_a_channel_come_first,
    of_many_who_claim_at_once_each_message_goes_to_one,
    who_lost_a_message_changes_nothing_of_it,
    what_was_sent_is_gone_whoever_holds_it,
    messages_are_swept_by_when_they_are_of_no_use,
}

fn message(channel: Channel, expires_at: Timestamp) -> SealedMessage {
    SealedMessage {
        id: MessageId::generate(at(0), &SystemEntropy::default()),
        partner: partner("northstar"),
        channel,
        key: SealingKeyId::from_number(u32::MAX),
        sealed: vec![0, 255, 7],
        expires_at,
    }
}

/// Adds a message that is due at once and of use for 300 seconds.
async fn insert(store: &Store, channel: Channel, seconds: u64) -> SealedMessage {
    let message = message(channel, at(seconds + 300));
    done(store, [messages::insert(&message, at(seconds))]).await;
    message
}

/// Claims up to `most` messages by SMS at `seconds` for 30 more.
fn claim(seconds: u64, most: i64) -> Batch {
    let lease_ends = at(seconds + 30);
    Batch::new().then(messages::claim(Channel::Sms, at(seconds), lease_ends, most))
}

fn claims(outcome: &Outcome) -> Vec<Claim> {
    messages::claimed(outcome).map(Result::unwrap).collect()
}

async fn claimed(store: &Store, seconds: u64, most: i64) -> Vec<(MessageId, i64)> {
    let outcome = store.commit(claim(seconds, most)).await.unwrap();
    let mut claims: Vec<_> = claims(&outcome)
        .iter()
        .map(|claim| (claim.message.id, claim.attempt))
        .collect();
    claims.sort_unstable();
    claims
}

async fn a_message_is_claimed_as_it_was_written(store: &Store) {
    let written = insert(store, Channel::Sms, 0).await;
    let outcome = store.commit(claim(0, 10)).await.unwrap();
    let claims = claims(&outcome);
    assert_eq!(claims.len(), 1);
    assert_eq!((&claims[0].message, claims[0].attempt), (&written, 1));
}

async fn a_claimed_message_is_left_alone_until_its_lease_ends(store: &Store) {
    let id = insert(store, Channel::Sms, 10).await.id;
    assert_eq!(claimed(store, 9, 10).await, [], "not due yet");
    assert_eq!(claimed(store, 10, 10).await, [(id, 1)]);
    assert_eq!(claimed(store, 39, 10).await, []);
    assert_eq!(claimed(store, 40, 10).await, [(id, 2)]);
    done(store, [messages::later(id, 2, at(50))]).await;
    assert_eq!(claimed(store, 49, 10).await, []);
    assert_eq!(claimed(store, 50, 10).await, [(id, 3)]);
    // Also what is of no use any more.
    assert_eq!(claimed(store, 5000, 10).await, [(id, 4)]);
}

async fn the_longest_due_of_a_channel_come_first(store: &Store) {
    let third = insert(store, Channel::Sms, 3).await.id;
    let first = insert(store, Channel::Sms, 1).await.id;
    let second = insert(store, Channel::Sms, 2).await.id;
    insert(store, Channel::Email, 0).await;
    let mut two = [(first, 1), (second, 1)];
    two.sort_unstable();
    assert_eq!(claimed(store, 10, 2).await, two);
    assert_eq!(claimed(store, 10, 2).await, [(third, 1)]);
    assert_eq!(claimed(store, 10, 2).await, []);
}

async fn of_many_who_claim_at_once_each_message_goes_to_one(store: &Store) {
    for _ in 0..100 {
        insert(store, Channel::Sms, 0).await;
    }
    let outcomes = at_once(store, 64, || claim(0, 7)).await;
    let all: Vec<_> = outcomes.iter().flat_map(claims).collect();
    let ids: HashSet<_> = all.iter().map(|claim| claim.message.id).collect();
    assert_eq!((all.len(), ids.len()), (100, 100));
    assert!(all.iter().all(|claim| claim.attempt == 1));
}

async fn who_lost_a_message_changes_nothing_of_it(store: &Store) {
    let id = insert(store, Channel::Sms, 0).await.id;
    claimed(store, 0, 10).await;
    assert_eq!(claimed(store, 30, 10).await, [(id, 2)]);
    let late = done(store, [messages::later(id, 1, at(31))]).await;
    assert_eq!(late.count(), 0);
    conflicts(store, [messages::give_up(id, 1)]).await;
    assert_eq!(claimed(store, 59, 10).await, [], "the lease of the other");
    done(store, [messages::give_up(id, 2)]).await;
    assert_eq!(claimed(store, 1000, 10).await, []);
}

async fn what_was_sent_is_gone_whoever_holds_it(store: &Store) {
    let id = insert(store, Channel::Sms, 0).await.id;
    claimed(store, 0, 10).await;
    claimed(store, 30, 10).await;
    assert_eq!(done(store, [messages::sent(id)]).await.count(), 1);
    assert_eq!(claimed(store, 1000, 10).await, []);
    assert_eq!(done(store, [messages::sent(id)]).await.count(), 0);
}

async fn messages_are_swept_by_when_they_are_of_no_use(store: &Store) {
    for seconds in [2, 1, 3, 4] {
        insert(store, Channel::Email, seconds).await;
    }
    let sweep = async |most| {
        let sweep = messages::sweep(at(304), most);
        done(store, [sweep]).await.count()
    };
    assert_eq!(sweep(1).await, 1);
    assert_eq!(sweep(10).await, 2);
    assert_eq!(sweep(10).await, 0);
    let claim = messages::claim(Channel::Email, at(400), at(430), 10);
    let outcome = done(store, [claim]).await;
    let left: Vec<_> = claims(&outcome);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].message.expires_at, at(304), "at the bound");
}

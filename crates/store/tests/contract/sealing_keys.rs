use countersign_domain::Timestamp;
use countersign_domain::key::{SealingKeyId, SealingKeyStatus, WrappedKey};
use countersign_store::{Batch, Store, sealing_keys};

use crate::fixture::{at, at_once, authentication, conflicts, done, keep, keyed, new_user};

contract! {
    keys_are_kept_as_they_were_wrapped_the_longest_in_their_status_first,
    one_key_is_current_and_one_is_next,
    of_two_nodes_that_make_the_first_keys_one_does,
    rotating_moves_every_key_one_step,
    of_many_rotations_at_once_one_happens,
    a_key_is_promoted_as_it_was_published_and_no_other,
    keys_are_swept_once_they_retired_long_ago_and_no_pin_is_under_them,
}

fn key(number: u32, status: SealingKeyStatus, since: Timestamp) -> WrappedKey {
    WrappedKey {
        id: id(number),
        status,
        wrapped: vec![number.to_le_bytes()[0], 0, 255],
        since,
    }
}

fn id(number: u32) -> SealingKeyId {
    SealingKeyId::from_number(number)
}

/// Numbers and statuses, in the order in which they are listed.
async fn listed(store: &Store) -> Vec<(u32, SealingKeyStatus)> {
    let keys = store.sealing_keys().await.unwrap();
    keys.iter()
        .map(|key| (key.id.number(), key.status))
        .collect()
}

/// Adds a current key 1 and a next one 2, both since `at(0)`.
async fn begin(store: &Store) {
    let current = key(1, SealingKeyStatus::Current, at(0));
    let next = key(2, SealingKeyStatus::Next, at(0));
    let keys = [&current, &next].map(sealing_keys::insert);
    done(store, keys).await;
}

/// The unit of work that rotates 1 and 2, with `new` as the next.
fn rotate(new: u32) -> Batch {
    Batch::new()
        .then(sealing_keys::retire(id(1), at(10)))
        .then(sealing_keys::promote(id(2), at(0), at(10)))
        .then(sealing_keys::insert(&key(
            new,
            SealingKeyStatus::Next,
            at(10),
        )))
}

async fn keys_are_kept_as_they_were_wrapped_the_longest_in_their_status_first(store: &Store) {
    assert_eq!(listed(store).await, []);
    let keys = [
        key(u32::MAX, SealingKeyStatus::Retiring, at(1)),
        key(7, SealingKeyStatus::Current, at(2)),
        key(3, SealingKeyStatus::Next, at(3)),
    ];
    done(store, keys.iter().rev().map(sealing_keys::insert)).await;
    let found = store.sealing_keys().await.unwrap();
    assert_eq!(format!("{found:?}"), format!("{keys:?}"));
}

async fn one_key_is_current_and_one_is_next(store: &Store) {
    begin(store).await;
    for status in [SealingKeyStatus::Current, SealingKeyStatus::Next] {
        conflicts(store, [sealing_keys::insert(&key(9, status, at(1)))]).await;
    }
    conflicts(
        store,
        [sealing_keys::insert(&key(
            1,
            SealingKeyStatus::Retiring,
            at(1),
        ))],
    )
    .await;
    for number in [8, 9] {
        let retiring = key(number, SealingKeyStatus::Retiring, at(1));
        done(store, [sealing_keys::insert(&retiring)]).await;
    }
    // Nothing is promoted beside a current key.
    conflicts(store, [sealing_keys::promote(id(2), at(0), at(10))]).await;
}

async fn of_two_nodes_that_make_the_first_keys_one_does(store: &Store) {
    let number = std::sync::atomic::AtomicU32::new(1);
    let first = || {
        let number = number.fetch_add(2, std::sync::atomic::Ordering::Relaxed);
        let current = key(number, SealingKeyStatus::Current, at(0));
        let next = key(number + 1, SealingKeyStatus::Next, at(0));
        [&current, &next]
            .map(sealing_keys::insert)
            .into_iter()
            .collect()
    };
    assert_eq!(at_once(store, 8, first).await.len(), 1);
    let [
        (current, SealingKeyStatus::Current),
        (next, SealingKeyStatus::Next),
    ] = listed(store).await[..]
    else {
        panic!("{:?}", listed(store).await);
    };
    assert_eq!(next, current + 1, "both are of one node");
}

async fn rotating_moves_every_key_one_step(store: &Store) {
    use SealingKeyStatus::{Current, Next, Retiring};
    begin(store).await;
    store.commit(rotate(3)).await.unwrap();
    assert_eq!(
        listed(store).await,
        [(1, Retiring), (2, Current), (3, Next)]
    );
    let keys = store.sealing_keys().await.unwrap();
    assert!(keys.iter().all(|key| key.since == at(10)));
}

async fn of_many_rotations_at_once_one_happens(store: &Store) {
    begin(store).await;
    let number = std::sync::atomic::AtomicU32::new(3);
    let again = || rotate(number.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    assert_eq!(at_once(store, 16, again).await.len(), 1);
    assert_eq!(listed(store).await.len(), 3);
}

async fn a_key_is_promoted_as_it_was_published_and_no_other(store: &Store) {
    use SealingKeyStatus::{Current, Next};
    begin(store).await;
    for (retired, promoted, published) in [(1, 2, at(1)), (2, 2, at(0)), (1, 1, at(0))] {
        let wrong = [
            sealing_keys::retire(id(retired), at(1)),
            sealing_keys::promote(id(promoted), published, at(1)),
        ];
        conflicts(store, wrong).await;
    }
    conflicts(store, [sealing_keys::retire(id(2), at(1))]).await;
    assert_eq!(
        listed(store).await,
        [(1, Current), (2, Next)],
        "1 still seals"
    );
    let right = [
        sealing_keys::retire(id(1), at(1)),
        sealing_keys::promote(id(2), at(0), at(1)),
    ];
    done(store, right).await;
}

async fn keys_are_swept_once_they_retired_long_ago_and_no_pin_is_under_them(store: &Store) {
    begin(store).await;
    for (number, since) in [(7, at(1)), (8, at(2)), (9, at(3))] {
        let retiring = key(number, SealingKeyStatus::Retiring, since);
        done(store, [sealing_keys::insert(&retiring)]).await;
    }
    let mut with_pin = authentication(new_user(store).await);
    with_pin.pin = Some(keyed(7, 1));
    keep(store, &with_pin).await;

    let sweep = || [sealing_keys::sweep(at(3))];
    assert_eq!(done(store, sweep()).await.count(), 1);
    let numbers = async || Vec::from_iter(listed(store).await.iter().map(|(n, _)| *n));
    assert_eq!(numbers().await, [1, 2, 7, 9]);

    done(
        store,
        countersign_store::authentications::sweep(at(5000), 10),
    )
    .await;
    assert_eq!(done(store, sweep()).await.count(), 1);
    assert_eq!(
        numbers().await,
        [1, 2, 9],
        "younger ones and those in use stay"
    );
}

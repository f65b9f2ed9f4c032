use countersign_domain::authentication::Authentication;
use countersign_domain::epoch::Epoch;
use countersign_domain::key::KeyedHash;
use countersign_domain::pin::FAILURES;
use countersign_domain::revocation::Revocation;
use countersign_store::feed::Place;
use countersign_store::{Batch, Outcome, Store, authentications, feed};

use crate::fixture::{
    at, at_once, authentication, conflicts, done, keep, kept, keyed, new_user, revocations, sign_in,
};

contract! {
    a_right_pin_begins_the_count_anew,
    the_last_wrong_pin_in_a_row_revokes_and_tells_so,
    of_a_thousand_wrong_pins_at_once_five_are_compared,
    right_pins_at_once_are_never_counted,
    right_and_wrong_pins_at_once_never_revoke_for_fewer_than_five_wrong_ones,
    a_pin_is_compared_only_where_a_live_authentication_has_one_under_that_key,
}

const KEY: u32 = 1;
const RIGHT: u8 = 10;
const WRONG: u8 = 11;

/// The unit of work that compares a PIN.
fn check(of: &Authentication, presented: &KeyedHash) -> Batch {
    Batch::new()
        .then(authentications::check_pin(of.id, presented, at(1)))
        .then(feed::authentication_if_revoked(of.id, at(1)))
}

async fn with_pin(store: &Store) -> Authentication {
    let mut authentication = authentication(new_user(store).await);
    authentication.pin = Some(keyed(KEY, RIGHT));
    keep(store, &authentication).await;
    authentication
}

/// The epoch, if the PIN was right.
async fn present(store: &Store, of: &Authentication, pin: u8) -> Option<Epoch> {
    let outcome = store.commit(check(of, &keyed(KEY, pin))).await.unwrap();
    authentications::pin_checked(&outcome).unwrap()
}

fn right(outcome: &Outcome) -> bool {
    authentications::pin_checked(outcome).unwrap().is_some()
}

async fn a_right_pin_begins_the_count_anew(store: &Store) {
    let of = with_pin(store).await;
    for _ in 0..3 {
        for _ in 1..FAILURES {
            assert_eq!(present(store, &of, WRONG).await, None);
        }
        assert_eq!(present(store, &of, RIGHT).await, Some(Epoch::FIRST));
    }
    let stored = kept(store, of.id).await;
    assert_eq!((stored.revoked_at, stored.epoch), (None, Epoch::FIRST));
    assert_eq!(stored.updated_at, at(0), "counting is no change of it");
    assert_eq!(store.feed_after(Place::default(), 10).await.unwrap(), []);
    done(store, [authentications::raise(of.id, at(1))]).await;
    assert_eq!(present(store, &of, RIGHT).await, Some(Epoch(1)));
}

async fn the_last_wrong_pin_in_a_row_revokes_and_tells_so(store: &Store) {
    let of = with_pin(store).await;
    for _ in 1..FAILURES {
        assert_eq!(present(store, &of, WRONG).await, None);
    }
    assert_eq!(kept(store, of.id).await.revoked_at, None);

    let last = store.commit(check(&of, &keyed(KEY, WRONG))).await.unwrap();
    assert!(!right(&last));
    let told = (Revocation::Authentication(of.id, Epoch(1)), at(1));
    assert_eq!(revocations(&last), [told]);
    let stored = kept(store, of.id).await;
    assert_eq!((stored.revoked_at, stored.epoch), (Some(at(1)), Epoch(1)));
    assert_eq!(stored.updated_at, at(1));
    let after = [authentications::check_pin(of.id, &keyed(KEY, RIGHT), at(1))];
    conflicts(store, after).await;
}

async fn of_a_thousand_wrong_pins_at_once_five_are_compared(store: &Store) {
    let of = with_pin(store).await;
    let wrong = keyed(KEY, WRONG);
    let compared = at_once(store, 1000, || check(&of, &wrong)).await;
    assert_eq!(compared.len(), usize::try_from(FAILURES).unwrap());
    assert!(!compared.iter().any(right));
    let told = compared.iter().map(|c| revocations(c).len());
    assert_eq!(told.sum::<usize>(), 1);
    assert_eq!(
        store.feed_after(Place::default(), 10).await.unwrap().len(),
        1
    );
    let stored = kept(store, of.id).await;
    assert_eq!((stored.revoked_at, stored.epoch), (Some(at(1)), Epoch(1)));
}

async fn right_pins_at_once_are_never_counted(store: &Store) {
    let of = with_pin(store).await;
    for _ in 1..FAILURES {
        present(store, &of, WRONG).await;
    }
    let pin = keyed(KEY, RIGHT);
    let compared = at_once(store, 200, || check(&of, &pin)).await;
    assert_eq!(compared.len(), 200);
    assert!(compared.iter().all(right));
    // And the count began anew.
    for _ in 1..FAILURES {
        present(store, &of, WRONG).await;
    }
    assert_eq!(kept(store, of.id).await.revoked_at, None);
}

async fn right_and_wrong_pins_at_once_never_revoke_for_fewer_than_five_wrong_ones(store: &Store) {
    let of = with_pin(store).await;
    let (pin, wrong) = (keyed(KEY, RIGHT), keyed(KEY, WRONG));
    let (all_right, few_wrong) = tokio::join!(
        at_once(store, 100, || check(&of, &pin)),
        at_once(store, 4, || check(&of, &wrong)),
    );
    assert_eq!((all_right.len(), few_wrong.len()), (100, 4));
    assert!(all_right.iter().all(right));
    assert!(!few_wrong.iter().any(right));
    assert_eq!(kept(store, of.id).await.revoked_at, None);
}

async fn a_pin_is_compared_only_where_a_live_authentication_has_one_under_that_key(store: &Store) {
    let of = with_pin(store).await;
    let without = sign_in(store, of.user).await;
    let (pin, other_key) = (keyed(KEY, RIGHT), keyed(KEY + 1, RIGHT));
    let check = |id, pin, now| [authentications::check_pin(id, pin, now)];
    conflicts(store, check(without.id, &pin, at(1))).await;
    conflicts(store, check(of.id, &other_key, at(1))).await;
    conflicts(store, check(of.id, &pin, of.expires_at)).await;
    done(store, [authentications::revoke(of.id, of.user, at(1))]).await;
    conflicts(store, check(of.id, &pin, at(2))).await;
    assert_eq!(kept(store, of.id).await.epoch, Epoch(1));
}

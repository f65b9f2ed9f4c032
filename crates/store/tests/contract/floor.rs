use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::id::ApiKeyId;
use countersign_domain::one_time::OneTime;
use countersign_store::{Store, redemptions};

use crate::fixture::{at, done, email, new_key, one_time, redeems};

contract! {
    the_floor_begins_at_zero,
    the_floor_rises_to_the_last_redeemed_expiry_before_the_bound_and_not_to_the_bound,
    the_floor_does_not_rise_where_nothing_was_redeemed,
    the_floor_never_falls,
    the_floor_never_falls_before_what_lies_below_it_was_swept,
    the_floor_passes_as_many_as_are_asked_for_at_most,
    a_token_stays_refused_once_its_redemption_was_swept,
    a_token_that_was_never_redeemed_is_refused_below_the_floor,
    a_sweep_takes_what_is_not_above_its_floor_the_first_to_expire_first,
    a_sweep_takes_nothing_above_the_floor_whatever_it_is_asked,
}

fn expiring(key: ApiKeyId, expires_at: Timestamp) -> OneTime {
    OneTime {
        expires_at,
        ..one_time(key, vec![email("ana@example.com")])
    }
}

/// Redeems a token for each moment of expiry.
async fn redeemed(store: &Store, expiries: &[u64]) -> Vec<OneTime> {
    let key = new_key(store).await;
    let mut tokens = Vec::new();
    for seconds in expiries {
        let token = expiring(key, at(*seconds));
        assert!(redeems(store, &token).await);
        tokens.push(token);
    }
    tokens
}

/// Raises the floor, and returns it.
async fn raise(store: &Store, before: Timestamp, most: i64) -> Timestamp {
    done(store, [redemptions::raise_floor(before, most)]).await;
    store.redemption_floor().await.unwrap()
}

async fn is_kept(store: &Store, token: &OneTime) -> bool {
    store.redemption(token.id).await.unwrap().is_some()
}

async fn the_floor_begins_at_zero(store: &Store) {
    let floor = store.redemption_floor().await.unwrap();
    assert_eq!(floor, Timestamp::UNIX_EPOCH);
    let key = new_key(store).await;
    assert!(!redeems(store, &expiring(key, floor)).await);
    let just_after = floor.plus(Duration::from_micros(1));
    assert!(redeems(store, &expiring(key, just_after)).await);
}

async fn the_floor_rises_to_the_last_redeemed_expiry_before_the_bound_and_not_to_the_bound(
    store: &Store,
) {
    let key = redeemed(store, &[30, 10, 20, 40]).await[0].key;
    assert_eq!(raise(store, at(30), 100).await, at(20));
    // At the floor and below it refused, above it good: also at the bound itself.
    let micro = Duration::from_micros(1);
    for (expires_at, good) in [
        (at(0), false),
        (at(20).minus(micro), false),
        (at(20), false),
        (at(20).plus(micro), true),
        (at(30), true),
    ] {
        let token = expiring(key, expires_at);
        assert_eq!(redeems(store, &token).await, good, "{expires_at}");
        assert_eq!(is_kept(store, &token).await, good);
    }
    assert_eq!(raise(store, at(1000), 100).await, at(40));
}

async fn the_floor_does_not_rise_where_nothing_was_redeemed(store: &Store) {
    assert_eq!(raise(store, at(1000), 100).await, Timestamp::UNIX_EPOCH);
    redeemed(store, &[10, 50]).await;
    assert_eq!(raise(store, at(10), 100).await, Timestamp::UNIX_EPOCH);
    assert_eq!(raise(store, at(40), 100).await, at(10));
    // Swept, and nothing is left below the bound.
    done(store, [redemptions::sweep(at(10), 100)]).await;
    assert_eq!(raise(store, at(40), 100).await, at(10));
}

async fn the_floor_never_falls(store: &Store) {
    redeemed(store, &[10, 20, 30]).await;
    assert_eq!(raise(store, at(25), 100).await, at(20));
    for earlier in [at(0), at(15), at(20), at(21), at(25)] {
        assert_eq!(raise(store, earlier, 100).await, at(20), "{earlier}");
    }
    assert_eq!(raise(store, at(31), 100).await, at(30));
    assert_eq!(raise(store, at(25), 100).await, at(30));
}

/// What a node that starts, or one that passes fewer at once, finds below the floor.
async fn the_floor_never_falls_before_what_lies_below_it_was_swept(store: &Store) {
    redeemed(store, &[10, 20, 30, 40, 50]).await;
    assert_eq!(raise(store, at(35), 100).await, at(30));
    assert_eq!(raise(store, at(45), 2).await, at(40));
    assert_eq!(raise(store, at(1000), 1).await, at(50));
}

async fn the_floor_passes_as_many_as_are_asked_for_at_most(store: &Store) {
    redeemed(store, &[50, 40, 30, 20, 10]).await;
    for passed in [20, 40, 50, 50] {
        assert_eq!(raise(store, at(1000), 2).await, at(passed));
        done(store, [redemptions::sweep(at(passed), 100)]).await;
    }
}

async fn a_token_stays_refused_once_its_redemption_was_swept(store: &Store) {
    let tokens = redeemed(store, &[10, 20, 30]).await;
    let floor = raise(store, at(25), 100).await;
    assert_eq!(
        done(store, [redemptions::sweep(floor, 100)]).await.count(),
        2
    );
    for (token, kept) in tokens.iter().zip([false, false, true]) {
        assert_eq!(is_kept(store, token).await, kept);
        assert!(!redeems(store, token).await, "{}", token.expires_at);
        assert_eq!(is_kept(store, token).await, kept);
    }
}

async fn a_token_that_was_never_redeemed_is_refused_below_the_floor(store: &Store) {
    let key = redeemed(store, &[20]).await[0].key;
    raise(store, at(21), 100).await;
    assert!(!redeems(store, &expiring(key, at(19))).await);
    assert!(redeems(store, &expiring(key, at(21))).await);
}

async fn a_sweep_takes_what_is_not_above_its_floor_the_first_to_expire_first(store: &Store) {
    let tokens = redeemed(store, &[40, 30, 20, 10]).await;
    let [forty, thirty, twenty, ten] = &tokens[..] else {
        unreachable!()
    };
    raise(store, at(1000), 100).await;
    let sweep = |seconds, most| [redemptions::sweep(at(seconds), most)];
    assert_eq!(done(store, sweep(9, 10)).await.count(), 0);
    assert_eq!(done(store, sweep(30, 1)).await.count(), 1);
    assert!(!is_kept(store, ten).await && is_kept(store, twenty).await);
    assert_eq!(done(store, sweep(30, 10)).await.count(), 2);
    assert!(!is_kept(store, thirty).await && is_kept(store, forty).await);
    assert_eq!(done(store, sweep(30, 10)).await.count(), 0);
}

async fn a_sweep_takes_nothing_above_the_floor_whatever_it_is_asked(store: &Store) {
    let tokens = redeemed(store, &[10, 20, 30]).await;
    let sweep = || [redemptions::sweep(at(1000), 100)];
    assert_eq!(done(store, sweep()).await.count(), 0);
    raise(store, at(15), 100).await;
    assert_eq!(done(store, sweep()).await.count(), 1);
    for token in tokens {
        assert!(!redeems(store, &token).await);
    }
}

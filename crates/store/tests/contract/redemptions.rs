use countersign_domain::one_time::{Mark, OneTime};
use countersign_store::redemptions::Redemption;
use countersign_store::{Batch, Store, StoreError, api_keys, redemptions, users};

use crate::fixture::{
    api_key, at, at_once, authentication_id, commit, done, email, new_key, new_user, one_time,
    partner, redeems, user_id,
};

contract! {
    a_token_is_redeemed_once,
    of_many_who_redeem_one_token_at_once_one_does,
    tokens_that_differ_in_their_id_alone_are_redeemed_each,
    a_token_is_refused_once_its_key_is_revoked,
    a_token_of_a_key_that_nobody_has_is_refused,
    another_step_that_conflicts_is_no_refusal_and_leaves_the_token_good,
    what_is_no_conflict_is_no_refusal,
}

async fn token(store: &Store) -> OneTime {
    one_time(new_key(store).await, vec![email("ana@example.com")])
}

async fn a_token_is_redeemed_once(store: &Store) {
    let token = token(store).await;
    assert_eq!(store.redemption(token.id).await.unwrap(), None);
    let authentication = authentication_id();
    done(store, [redemptions::redeem(&token, authentication, at(7))]).await;

    let redemption = Redemption {
        authentication,
        at: at(7),
    };
    // Not for another authentication, nor for the same, whatever else it says.
    let mut altered = token.clone();
    (altered.known, altered.expires_at) = (Mark(100), at(200));
    for again in [&token, &altered] {
        for authentication in [authentication_id(), authentication] {
            let redeem = redemptions::redeem(again, authentication, at(8));
            let error = commit(store, [redeem]).await.unwrap_err();
            assert!(redemptions::refused(&error), "{error}");
        }
    }
    let kept = store.redemption(token.id).await.unwrap();
    assert_eq!(kept, Some(redemption), "as it was the first time");
}

async fn of_many_who_redeem_one_token_at_once_one_does(store: &Store) {
    let token = token(store).await;
    // Each signs up somebody as well, as a sign-in does.
    let redeem = || {
        let (user, partner) = (user_id(), partner("default"));
        Batch::new()
            .then(redemptions::redeem(&token, authentication_id(), at(1)))
            .then(users::insert(user, &partner, None, at(1)))
            .then_all(
                token
                    .user
                    .identities()
                    .iter()
                    .map(|has| users::insert_identity(&partner, has, user, Some(at(1)), at(1))),
            )
    };
    assert_eq!(at_once(store, 64, redeem).await.len(), 1);
    assert!(store.redemption(token.id).await.unwrap().is_some());
}

async fn tokens_that_differ_in_their_id_alone_are_redeemed_each(store: &Store) {
    let key = new_key(store).await;
    for _ in 0..3 {
        let token = one_time(key, vec![email("ana@example.com")]);
        assert!(redeems(store, &token).await);
        assert!(!redeems(store, &token).await);
    }
}

async fn a_token_is_refused_once_its_key_is_revoked(store: &Store) {
    let (token, other) = (token(store).await, token(store).await);
    done(store, [api_keys::revoke(token.key, at(1))]).await;
    assert!(!redeems(store, &token).await);
    assert_eq!(store.redemption(token.id).await.unwrap(), None);
    assert!(redeems(store, &other).await, "it is of another key");
}

async fn a_token_of_a_key_that_nobody_has_is_refused(store: &Store) {
    let mut token = token(store).await;
    token.key = api_key(Some("default")).id;
    assert!(!redeems(store, &token).await);
    assert_eq!(store.redemption(token.id).await.unwrap(), None);
}

async fn another_step_that_conflicts_is_no_refusal_and_leaves_the_token_good(store: &Store) {
    let token = token(store).await;
    let (taken, partner) = (new_user(store).await, partner("default"));
    let unknown = user_id();
    done(store, [users::insert(unknown, &partner, None, at(0))]).await;
    let failing = [
        users::insert(unknown, &partner, None, at(1)),
        users::prove_identity(&partner, &email("ana@example.com"), unknown, at(1)),
        users::clear_password(taken, at(1)),
    ];
    for fails in failing {
        let redeem = redemptions::redeem(&token, authentication_id(), at(1));
        let error = commit(store, [redeem, fails]).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
        assert!(!redemptions::refused(&error), "{error}");
        assert_eq!(store.redemption(token.id).await.unwrap(), None);
    }
    assert!(redeems(store, &token).await);
}

async fn what_is_no_conflict_is_no_refusal(_: &Store) {
    let cause = "the writer ended".to_owned();
    let errors = [
        StoreError::Unavailable { cause },
        StoreError::Corrupt {
            statement: "countersign_store::redemptions::REDEEM",
            column: 0,
        },
    ];
    for error in errors {
        assert!(!redemptions::refused(&error), "{error}");
    }
}

use std::time::Duration;

use countersign_domain::epoch::Epoch;
use countersign_domain::id::{PasswordResetId, UserId};
use countersign_domain::partner::Slug;
use countersign_domain::password_reset::PasswordReset;
use countersign_domain::token::TokenHash;
use countersign_domain::{SystemEntropy, Timestamp};
use countersign_store::{Batch, Store, password_resets, users};

use crate::fixture::{at, at_once, conflicts, done, email, new_user};

contract! {
    a_reset_is_kept_as_it_was_asked_for,
    of_many_who_redeem_a_reset_at_once_one_does,
    no_reset_is_redeemed_that_is_over_or_nobodys,
    a_password_is_reset_only_where_the_epoch_holds_and_the_user_is_active,
    resets_are_swept_by_their_age,
}

fn asked(user: Option<UserId>, created_at: Timestamp) -> PasswordReset {
    PasswordReset {
        id: PasswordResetId::generate(created_at, &SystemEntropy::default()),
        partner: Slug::default_partner(),
        identity: email("ana@example.com"),
        user: user.map(|user| (user, Epoch::FIRST)),
        code: TokenHash::from_bytes([9; 32]),
        created_at,
        expires_at: created_at.plus(Duration::from_secs(900)),
        redeemed_at: None,
    }
}

async fn a_reset_is_kept_as_it_was_asked_for(store: &Store) {
    let user = new_user(store).await;
    for user in [Some(user), None] {
        let reset = asked(user, at(0));
        done(store, [password_resets::insert(&reset)]).await;
        let kept = store.password_reset(reset.id).await.unwrap().unwrap();
        assert_eq!(format!("{kept:?}"), format!("{reset:?}"));
        assert!(kept.code.matches(&reset.code));
    }
    let nobodys = store.password_reset(PasswordResetId::NIL).await.unwrap();
    assert!(nobodys.is_none());
}

async fn of_many_who_redeem_a_reset_at_once_one_does(store: &Store) {
    let user = new_user(store).await;
    let reset = asked(Some(user), at(0));
    done(store, [password_resets::insert(&reset)]).await;
    let redeem = || {
        let set = users::reset_password((user, Epoch::FIRST), "hash", at(1));
        Batch::new()
            .then(password_resets::redeem(reset.id, at(1)))
            .then(set)
    };
    assert_eq!(at_once(store, 64, redeem).await.len(), 1);
    let kept = store.password_reset(reset.id).await.unwrap().unwrap();
    assert_eq!(kept.redeemed_at, Some(at(1)));
    // Whatever else there is in the batch.
    conflicts(store, [password_resets::redeem(reset.id, at(2))]).await;
}

async fn no_reset_is_redeemed_that_is_over_or_nobodys(store: &Store) {
    let user = new_user(store).await;
    let (reset, decoy) = (asked(Some(user), at(0)), asked(None, at(0)));
    let insert = [&reset, &decoy].map(password_resets::insert);
    done(store, insert).await;
    conflicts(store, [password_resets::redeem(reset.id, at(900))]).await;
    conflicts(store, [password_resets::redeem(decoy.id, at(1))]).await;
    done(store, [password_resets::redeem(reset.id, at(899))]).await;
}

async fn a_password_is_reset_only_where_the_epoch_holds_and_the_user_is_active(store: &Store) {
    let user = new_user(store).await;
    let set = |epoch| users::reset_password((user, Epoch(epoch)), "hash", at(1));
    conflicts(store, [set(1)]).await;
    done(store, [users::lock(user, at(1))]).await;
    conflicts(store, [set(0)]).await;
    conflicts(store, [set(1)]).await;
    done(store, [users::unlock(user, at(2))]).await;
    conflicts(store, [set(0)]).await;
    done(store, [set(1)]).await;
    let stored = store.user(user).await.unwrap().unwrap();
    assert_eq!(stored.password_hash.as_deref(), Some("hash"));
    assert_eq!(stored.user.epoch, Epoch(2));
}

async fn resets_are_swept_by_their_age(store: &Store) {
    let (old, new) = (asked(None, at(0)), asked(None, at(5)));
    done(store, [&old, &new].map(password_resets::insert)).await;
    done(store, [password_resets::sweep(at(5), 10)]).await;
    assert!(store.password_reset(old.id).await.unwrap().is_none());
    assert!(store.password_reset(new.id).await.unwrap().is_some());
    done(store, [password_resets::sweep(at(6), 0)]).await;
    assert!(store.password_reset(new.id).await.unwrap().is_some());
}

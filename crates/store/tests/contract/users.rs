use countersign_domain::epoch::Epoch;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::partner::Slug;
use countersign_domain::user::UserStatus;
use countersign_store::{Batch, Store, authentications, devices, feed, users};

use crate::fixture::{
    at, at_once, conflicts, done, email, new_user, new_user_with, partner, revocations, sign_in,
    user_id,
};

contract! {
    a_user_is_found_by_its_id_and_by_each_identity,
    an_identity_is_of_one_user_of_a_partner_and_whoever_comes_second_leaves_nothing,
    two_partners_know_different_users_by_one_identity,
    of_many_who_sign_up_at_once_one_gets_the_identity,
    an_id_is_given_once,
    an_identity_is_proved_by_who_has_it,
    locking_raises_the_epoch_once,
    unlocking_needs_a_lock_and_keeps_the_epoch,
    a_password_set_replaces_the_hash_and_raises_the_epoch,
    a_password_is_taken_from_who_has_one_and_raises_the_epoch,
    raising_is_for_who_is_signed_in_or_was_lately,
    the_identities_proved_last_are_kept,
    a_hash_is_replaced_only_where_it_is_still_the_same,
    a_deleted_user_leaves_nothing_and_others_stay,
}

async fn a_user_is_found_by_its_id_and_by_each_identity(store: &Store) {
    let (id, partner) = (user_id(), Slug::default_partner());
    let identity = |kind, text| Identity::parse(kind, text).unwrap();
    // Given in another order than they are listed by type or value.
    let given = [
        identity(IdentityType::Username, "zoe"),
        identity(IdentityType::Phone, "+4915112345678"),
        identity(IdentityType::Email, "zoe@example.com"),
        identity(IdentityType::Email, "ana@example.com"),
        identity(IdentityType::UserId, "A-1"),
    ];
    let insert =
        |(seconds, identity)| users::insert_identity(&partner, identity, id, None, at(seconds));
    let batch = Batch::new()
        .then(users::insert(id, &partner, Some("$argon2id$…"), at(0)))
        .then_all((1..).zip(&given).map(insert));
    store.commit(batch).await.unwrap();

    let by_id = store.user(id).await.unwrap().unwrap();
    assert_eq!(by_id.user.identities, given, "the oldest first");
    assert_eq!(by_id.user.id, id);
    assert_eq!(by_id.user.partner, partner);
    assert_eq!(by_id.user.status, UserStatus::Active);
    assert_eq!(by_id.user.epoch, Epoch::FIRST);
    assert_eq!(
        (by_id.user.created_at, by_id.user.updated_at),
        (at(0), at(0))
    );
    assert_eq!(by_id.password_hash.as_deref(), Some("$argon2id$…"));
    for identity in &given {
        let found = store.user_by_identity(&partner, identity).await.unwrap();
        let found = found.unwrap();
        assert_eq!(found.user, by_id.user);
        assert_eq!(found.password_hash, by_id.password_hash);
    }

    let bare = new_user(store).await;
    let bare = store.user(bare).await.unwrap().unwrap();
    assert_eq!((bare.user.identities, bare.password_hash), (vec![], None));
    assert!(store.user(user_id()).await.unwrap().is_none());
    let other_type = identity(IdentityType::UserId, "zoe");
    let found = store.user_by_identity(&partner, &other_type).await.unwrap();
    assert!(found.is_none(), "a value counts within its type");
}

async fn an_identity_is_of_one_user_of_a_partner_and_whoever_comes_second_leaves_nothing(
    store: &Store,
) {
    let partner = Slug::default_partner();
    let (ana, taken, free) = (new_user(store).await, email("a@x.org"), email("b@x.org"));
    done(
        store,
        [users::insert_identity(&partner, &taken, ana, None, at(0))],
    )
    .await;

    let second = user_id();
    let steps = [
        users::insert(second, &partner, None, at(1)),
        users::insert_identity(&partner, &free, second, None, at(1)),
        users::insert_identity(&partner, &taken, second, None, at(1)),
    ];
    conflicts(store, steps).await;

    assert!(store.user(second).await.unwrap().is_none());
    let of_free = store.user_by_identity(&partner, &free).await.unwrap();
    assert!(of_free.is_none());
    let of_taken = store.user_by_identity(&partner, &taken).await.unwrap();
    assert_eq!(of_taken.unwrap().user.id, ana);
}

async fn two_partners_know_different_users_by_one_identity(store: &Store) {
    let address = email("ana@example.com");
    let mut ids = Vec::new();
    for slug in ["default", "tickets"] {
        let (id, partner) = (user_id(), partner(slug));
        let steps = [
            users::insert(id, &partner, None, at(0)),
            users::insert_identity(&partner, &address, id, None, at(0)),
        ];
        done(store, steps).await;
        ids.push((partner, id));
    }
    for (partner, id) in ids {
        let found = store.user_by_identity(&partner, &address).await.unwrap();
        let user = found.unwrap().user;
        assert_eq!((user.id, user.partner), (id, partner));
    }
    let elsewhere = store.user_by_identity(&partner("third"), &address).await;
    assert!(elsewhere.unwrap().is_none());
}

async fn of_many_who_sign_up_at_once_one_gets_the_identity(store: &Store) {
    let (partner, address) = (Slug::default_partner(), email("ana@example.com"));
    let sign_up = || {
        let id = user_id();
        Batch::new()
            .then(users::insert(id, &partner, None, at(0)))
            .then(users::insert_identity(&partner, &address, id, None, at(0)))
    };
    assert_eq!(at_once(store, 64, sign_up).await.len(), 1);
    assert!(
        store
            .user_by_identity(&partner, &address)
            .await
            .unwrap()
            .is_some()
    );
}

async fn an_id_is_given_once(store: &Store) {
    let id = new_user(store).await;
    conflicts(store, [users::insert(id, &partner("tickets"), None, at(1))]).await;
    let user = store.user(id).await.unwrap().unwrap().user;
    assert_eq!(user.partner, Slug::default_partner());
}

async fn an_identity_is_proved_by_who_has_it(store: &Store) {
    let (partner, address) = (Slug::default_partner(), email("ana@example.com"));
    let (ana, zoe) = (new_user(store).await, new_user(store).await);
    done(
        store,
        [users::insert_identity(&partner, &address, ana, None, at(0))],
    )
    .await;

    done(
        store,
        [users::prove_identity(&partner, &address, ana, at(1))],
    )
    .await;
    done(
        store,
        [users::prove_identity(&partner, &address, ana, at(2))],
    )
    .await;
    conflicts(
        store,
        [users::prove_identity(&partner, &address, zoe, at(3))],
    )
    .await;
    let unknown = email("zoe@example.com");
    conflicts(
        store,
        [users::prove_identity(&partner, &unknown, ana, at(3))],
    )
    .await;
}

async fn locking_raises_the_epoch_once(store: &Store) {
    let id = new_user(store).await;
    done(store, [users::lock(id, at(1))]).await;
    conflicts(store, [users::lock(id, at(2))]).await;

    let user = store.user(id).await.unwrap().unwrap().user;
    assert_eq!((user.status, user.epoch), (UserStatus::Locked, Epoch(1)));
    assert_eq!((user.created_at, user.updated_at), (at(0), at(1)));
    conflicts(store, [users::lock(user_id(), at(2))]).await;
}

async fn unlocking_needs_a_lock_and_keeps_the_epoch(store: &Store) {
    let id = new_user(store).await;
    conflicts(store, [users::unlock(id, at(1))]).await;
    done(store, [users::lock(id, at(1))]).await;
    done(store, [users::unlock(id, at(2))]).await;
    conflicts(store, [users::unlock(id, at(3))]).await;

    let user = store.user(id).await.unwrap().unwrap().user;
    assert_eq!((user.status, user.epoch), (UserStatus::Active, Epoch(1)));
    assert_eq!(user.updated_at, at(2));
}

async fn a_password_set_replaces_the_hash_and_raises_the_epoch(store: &Store) {
    let (id, other) = (new_user(store).await, new_user(store).await);
    for (hash, epoch) in [("first", 1), ("second", 2)] {
        done(store, [users::set_password(id, hash, at(1))]).await;
        let stored = store.user(id).await.unwrap().unwrap();
        assert_eq!(stored.password_hash.as_deref(), Some(hash));
        assert_eq!(stored.user.epoch, Epoch(epoch));
    }
    let other = store.user(other).await.unwrap().unwrap();
    assert_eq!(
        (other.password_hash, other.user.epoch),
        (None, Epoch::FIRST)
    );
    conflicts(store, [users::set_password(user_id(), "third", at(2))]).await;
}

async fn a_password_is_taken_from_who_has_one_and_raises_the_epoch(store: &Store) {
    let (id, other) = (new_user(store).await, new_user(store).await);
    conflicts(store, [users::clear_password(id, at(1))]).await;
    for of in [id, other] {
        done(store, [users::set_password(of, "hash", at(1))]).await;
    }
    done(store, [users::clear_password(id, at(2))]).await;
    conflicts(store, [users::clear_password(id, at(3))]).await;

    let stored = store.user(id).await.unwrap().unwrap();
    assert_eq!(stored.password_hash, None);
    assert_eq!(
        (stored.user.epoch, stored.user.updated_at),
        (Epoch(2), at(2))
    );
    let other = store.user(other).await.unwrap().unwrap();
    assert_eq!(other.password_hash.as_deref(), Some("hash"));
    assert_eq!(other.user.epoch, Epoch(1));
    conflicts(store, [users::clear_password(user_id(), at(2))]).await;
}

/// Where nothing can live that it would end, nothing is raised: to ask again and again costs no
/// row.
async fn raising_is_for_who_is_signed_in_or_was_lately(store: &Store) {
    let id = new_user(store).await;
    let raise = async |seconds| {
        let steps = [
            users::raise_if_signed_in(id, at(seconds)),
            feed::user_if_raised(id, at(seconds)),
        ];
        let told = revocations(&done(store, steps).await).len();
        let user = store.user(id).await.unwrap().unwrap().user;
        (user.epoch, told)
    };
    assert_eq!(raise(1).await, (Epoch::FIRST, 0), "signed in nowhere");
    let live = sign_in(store, id).await;
    assert_eq!(raise(2).await, (Epoch(1), 1));
    // Expired a moment ago: a session of it may live for an hour.
    done(
        store,
        [authentications::expire_all_but_newest(id, 0, at(3))],
    )
    .await;
    assert_eq!(raise(4).await, (Epoch(2), 1));
    // Long ago, by a clock that may be wrong.
    assert_eq!(raise(3 + 2 * 3600).await, (Epoch(3), 1));
    done(store, [authentications::revoke(live.id, id, at(5))]).await;
    assert_eq!(
        raise(6).await,
        (Epoch(3), 0),
        "what ended it, ended its sessions"
    );
}

async fn a_hash_is_replaced_only_where_it_is_still_the_same(store: &Store) {
    let id = new_user(store).await;
    done(store, [users::set_password(id, "cheap", at(1))]).await;
    done(store, [users::rehash(id, "cheap", "dear")]).await;
    done(store, [users::rehash(id, "cheap", "stale")]).await;

    let stored = store.user(id).await.unwrap().unwrap();
    assert_eq!(stored.password_hash.as_deref(), Some("dear"));
    assert_eq!(stored.user.epoch, Epoch(1), "the password is the same");
}

async fn a_deleted_user_leaves_nothing_and_others_stay(store: &Store) {
    let (partner, address) = (Slug::default_partner(), email("ana@example.com"));
    let (ana, zoe) = (new_user(store).await, new_user(store).await);
    done(
        store,
        [users::insert_identity(&partner, &address, ana, None, at(0))],
    )
    .await;
    let (of_ana, of_zoe) = (sign_in(store, ana).await, sign_in(store, zoe).await);
    let delete = || {
        Batch::new()
            .then(feed::user_going(ana, at(1)))
            .then(authentications::delete_of_user(ana))
            .then(devices::delete_of_user(ana))
            .then_all(users::delete(ana))
    };
    store.commit(delete()).await.unwrap();

    assert!(store.user(ana).await.unwrap().is_none());
    assert!(
        store
            .user_by_identity(&partner, &address)
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.authentication(of_ana.id).await.unwrap().is_none());
    // Ids and identity are free again: nothing of theirs was left anywhere.
    let again = Batch::new()
        .then(users::insert(ana, &partner, None, at(2)))
        .then(users::insert_identity(&partner, &address, ana, None, at(2)))
        .then(crate::fixture::device(&of_ana))
        .then(authentications::insert(&of_ana, Epoch::FIRST));
    assert_eq!(store.commit(again).await.unwrap().count(), 4);

    assert!(store.authentication(of_zoe.id).await.unwrap().is_some());
    assert_eq!(store.devices(zoe, at(1)).await.unwrap().len(), 1);
    store.commit(delete()).await.unwrap();
    assert!(
        store.commit(delete()).await.is_err(),
        "there is none any more"
    );
}

async fn the_identities_proved_last_are_kept(store: &Store) {
    let default = partner("default");
    let has = "email:a@x.example email:b@x.example email:c@x.example user_id:7";
    let id = new_user_with(store, &default, has).await;
    for (address, seconds) in [("b@x.example", 2), ("a@x.example", 1)] {
        let prove = users::prove_identity(&default, &email(address), id, at(seconds));
        done(store, [prove]).await;
    }
    done(store, [users::keep_latest(id, IdentityType::Email, 2)]).await;
    let user = store.user(id).await.unwrap().unwrap().user;
    let values: Vec<_> = user.identities.iter().map(|i| i.value()).collect();
    assert_eq!(values, ["b@x.example", "a@x.example", "7"]);
}

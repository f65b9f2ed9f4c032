use countersign_domain::asserted::{Asserted, KnownUser, resolve};
use countersign_domain::epoch::Epoch;
use countersign_domain::id::UserId;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::user::UserStatus;
use countersign_store::{Store, users};

use crate::fixture::{at, done, email, identities, new_user_with, partner};

contract! {
    users_are_found_by_each_of_what_is_asserted,
    a_user_is_found_once_with_every_identity_it_has,
    what_is_known_of_a_user_is_as_it_is_kept,
    a_value_under_another_type_means_nobody,
    another_partners_users_are_not_known,
    a_password_is_unproved_until_any_identity_is_proved,
}

fn asserted(text: &str) -> Asserted {
    Asserted::from_normalised(identities(text)).unwrap()
}

/// The users of the default partner whom this may mean.
async fn known(store: &Store, text: &str) -> Vec<KnownUser> {
    known_by(store, &asserted(text)).await
}

async fn known_by(store: &Store, asserted: &Asserted) -> Vec<KnownUser> {
    let partner = partner("default");
    store.users_by_asserted(&partner, asserted).await.unwrap()
}

/// Their ids, in no order.
async fn ids(store: &Store, text: &str) -> Vec<UserId> {
    let known = known(store, text).await;
    let mut ids: Vec<_> = known.iter().map(|user| user.id).collect();
    ids.sort_unstable();
    ids
}

async fn new(store: &Store, has: &str) -> UserId {
    new_user_with(store, &partner("default"), has).await
}

async fn users_are_found_by_each_of_what_is_asserted(store: &Store) {
    let by_id = new(store, "user_id:A-1").await;
    let by_email = new(store, "email:ana@example.com").await;
    let by_phone = new(store, "phone:+4915112345678").await;
    new(store, "user_id:A-2 email:zoe@example.com username:a-1").await;

    assert_eq!(ids(store, "user_id:A-1").await, [by_id]);
    assert_eq!(ids(store, "email:ana@example.com").await, [by_email]);
    assert_eq!(ids(store, "phone:+4915112345678").await, [by_phone]);
    let all = "user_id:A-1 email:ana@example.com phone:+4915112345678";
    let mut expected = [by_id, by_email, by_phone];
    expected.sort_unstable();
    assert_eq!(ids(store, all).await, expected);
    let nobody = "user_id:a-1 email:ana@example.org phone:+4915112345679";
    assert_eq!(ids(store, nobody).await, []);
}

async fn a_user_is_found_once_with_every_identity_it_has(store: &Store) {
    let has = "username:ana email:ana@work.example email:ana@example.com user_id:A-1";
    let ana = new(store, has).await;
    let zoe = new(store, "phone:+4915112345678 email:zoe@example.com").await;
    let prove = |address, now| users::prove_identity(&partner("default"), address, ana, now);
    let work = email("ana@work.example");
    done(
        store,
        [prove(&work, at(5)), prove(&identities(has)[3], at(4))],
    )
    .await;

    let text = "user_id:A-1 email:ana@example.com phone:+4915112345678";
    let known = known(store, text).await;
    assert_eq!(known.len(), 2);
    let of = |id| known.iter().find(|user| user.id == id).unwrap();
    // By the last proof first; without one, by type and value where they are of one moment.
    let expected = "email:ana@work.example user_id:A-1 email:ana@example.com username:ana";
    assert_eq!(of(ana).identities, identities(expected));
    let expected = "email:zoe@example.com phone:+4915112345678";
    assert_eq!(of(zoe).identities, identities(expected));
    let asserted = asserted(text);
    let whom = resolve(&asserted, &known);
    assert_eq!(whom.user.unwrap().id, ana);
    assert_eq!(whom.elsewhere, [IdentityType::Phone]);
}

async fn what_is_known_of_a_user_is_as_it_is_kept(store: &Store) {
    let named = "email:ana@example.com";
    let ana = new(store, named).await;
    let expected = KnownUser {
        id: ana,
        epoch: Epoch::FIRST,
        status: UserStatus::Active,
        unproved_password: false,
        identities: identities(named),
        proved_at: vec![None],
    };
    assert_eq!(known(store, named).await, std::slice::from_ref(&expected));
    done(
        store,
        [
            users::set_password(ana, "hash", at(1)),
            users::lock(ana, at(2)),
        ],
    )
    .await;
    let locked = KnownUser {
        epoch: Epoch(2),
        status: UserStatus::Locked,
        unproved_password: true,
        ..expected
    };
    assert_eq!(known(store, named).await, [locked]);
}

/// One's address may be another's id: only the one is meant.
async fn a_value_under_another_type_means_nobody(store: &Store) {
    let value = "ana@example.com";
    let of = |kind| Identity::from_normalised(kind, value.to_owned());
    new(store, "username:ana@example.com").await;
    let by_id = new(store, "user_id:ana@example.com").await;
    let only = |kind| Asserted::from_normalised(vec![of(kind)]).unwrap();
    let find = async |kind| known_by(store, &only(kind)).await;
    let found = find(IdentityType::Email).await;
    assert_eq!(found, []);
    let email_alone = only(IdentityType::Email);
    let whom = resolve(&email_alone, &found);
    assert_eq!(whom.user, None);
    assert_eq!(whom.gets, [of(IdentityType::Email)]);

    let by_email = new(store, "email:ana@example.com").await;
    for (kind, id) in [
        (IdentityType::Email, by_email),
        (IdentityType::UserId, by_id),
    ] {
        let (asserted, found) = (only(kind), find(kind).await);
        let whom = resolve(&asserted, &found);
        assert_eq!((found.len(), whom.user.unwrap().id), (1, id));
        assert_eq!(whom.user.unwrap().identities, [of(kind)]);
        assert_eq!((whom.gets, whom.elsewhere), (vec![], vec![]));
    }
}

async fn another_partners_users_are_not_known(store: &Store) {
    let named = "user_id:A-1 email:ana@example.com phone:+4915112345678";
    new_user_with(store, &partner("tickets"), named).await;
    assert_eq!(ids(store, named).await, []);
    let here = new(store, named).await;
    assert_eq!(ids(store, named).await, [here]);
}

async fn a_password_is_unproved_until_any_identity_is_proved(store: &Store) {
    let named = "email:ana@example.com";
    let ana = new(
        store,
        &format!("{named} username:ana email:ana@work.example"),
    )
    .await;
    let unproved = async || {
        let known = known(store, named).await;
        let stored = store.user(ana).await.unwrap().unwrap();
        let alike = known[0].unproved_password == stored.has_unproved_password();
        assert!(alike, "both say the same");
        known[0].unproved_password
    };
    assert!(!unproved().await, "there is none");
    done(store, [users::set_password(ana, "$argon2id$…", at(1))]).await;
    assert!(unproved().await);
    // Another than the one that is asserted.
    let other = email("ana@work.example");
    let proved = users::prove_identity(&partner("default"), &other, ana, at(2));
    done(store, [proved]).await;
    assert!(!unproved().await);
    done(store, [users::set_password(ana, "$argon2id$…", at(3))]).await;
    assert!(!unproved().await, "its user was proved before");
    done(store, [users::clear_password(ana, at(4))]).await;
    assert!(!unproved().await);
}

use std::task::{Context, Waker};

use countersign_domain::id::UserId;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_store::{Batch, Step, Store, StoreError, users};
use tokio::task::JoinSet;

use crate::fixture::{at, conflicts, email, new_user, partner, user_id};

contract! {
    a_conflict_in_any_step_undoes_all_of_them,
    a_later_step_sees_what_an_earlier_one_did,
    a_batch_of_nothing_is_done,
    units_of_work_at_once_are_each_whole_and_conflict_alone,
    what_was_answered_is_seen_by_whoever_reads_next,
    a_unit_whose_caller_left_is_whole,
    a_store_that_was_cloned_is_the_same_store,
}

fn insert(id: UserId) -> Step {
    users::insert(id, &Slug::default_partner(), None, at(0))
}

async fn a_conflict_in_any_step_undoes_all_of_them(store: &Store) {
    let taken = new_user(store).await;
    for place in 0..3 {
        let ids = [user_id(), user_id(), user_id()];
        let mut steps: Vec<Step> = ids.map(insert).into();
        steps[place] = insert(taken);
        conflicts(store, steps).await;
        // A step that finds no row conflicts as one that finds a row too many does.
        let mut steps: Vec<Step> = ids.map(insert).into();
        steps.insert(place + 1, users::unlock(taken, at(1)));
        conflicts(store, steps).await;
        for id in ids {
            assert!(store.user(id).await.unwrap().is_none());
        }
    }
    assert!(store.user(taken).await.unwrap().is_some());
}

async fn a_later_step_sees_what_an_earlier_one_did(store: &Store) {
    let id = user_id();
    let batch = Batch::new()
        .then(insert(id))
        .then(users::lock(id, at(1)))
        .then(users::unlock(id, at(2)));
    assert_eq!(store.commit(batch).await.unwrap().count(), 3);
    conflicts(store, [users::lock(id, at(3)), insert(id)]).await;
    conflicts(store, [users::unlock(id, at(3))]).await;
}

async fn a_batch_of_nothing_is_done(store: &Store) {
    assert_eq!(store.commit(Batch::new()).await.unwrap().count(), 0);
}

async fn units_of_work_at_once_are_each_whole_and_conflict_alone(store: &Store) {
    let taken = email("taken@example.com");
    let default = partner("default");
    let owner = new_user(store).await;
    let give =
        |identity: &Identity, id| users::insert_identity(&default, identity, id, None, at(0));
    let first = Batch::new().then(give(&taken, owner));
    store.commit(first).await.unwrap();

    let mut tasks = JoinSet::new();
    for number in 0..300 {
        let (id, own) = (user_id(), email(&format!("u{number}@example.com")));
        let mut batch = Batch::new().then(insert(id)).then(give(&own, id));
        let conflicts = number % 3 == 0;
        if conflicts {
            batch = batch.then(give(&taken, id));
        }
        let store = store.clone();
        tasks.spawn(async move { (id, own, conflicts, store.commit(batch).await) });
    }
    for (id, own, conflicts, outcome) in tasks.join_all().await {
        let user = store.user(id).await.unwrap();
        let of_own = store.user_by_identity(&default, &own).await.unwrap();
        if conflicts {
            assert!(matches!(outcome, Err(StoreError::Conflict { .. })));
            assert!(user.is_none() && of_own.is_none());
        } else {
            assert_eq!(outcome.unwrap().count(), 2);
            assert_eq!(user.unwrap().user.identities, [own]);
            assert_eq!(of_own.unwrap().user.id, id);
        }
    }
    let of_taken = store.user_by_identity(&default, &taken).await.unwrap();
    assert_eq!(of_taken.unwrap().user.id, owner);
}

async fn what_was_answered_is_seen_by_whoever_reads_next(store: &Store) {
    let mut tasks = JoinSet::new();
    for _ in 0..200 {
        let (id, store) = (user_id(), store.clone());
        tasks.spawn(async move {
            store
                .commit([insert(id)].into_iter().collect())
                .await
                .unwrap();
            assert!(store.user(id).await.unwrap().is_some());
        });
    }
    tasks.join_all().await;
}

async fn a_unit_whose_caller_left_is_whole(store: &Store) {
    let (default, address) = (partner("default"), email("ana@example.com"));
    let id = user_id();
    let batch = Batch::new().then(insert(id)).then(users::insert_identity(
        &default,
        &address,
        id,
        None,
        at(0),
    ));
    {
        // Asked once, and left: whether it is done by then, nobody knows.
        let left = std::pin::pin!(store.commit(batch));
        let _ = left.poll(&mut Context::from_waker(Waker::noop()));
    }
    new_user(store).await;
    let user = store.user(id).await.unwrap();
    let by_identity = store.user_by_identity(&default, &address).await.unwrap();
    assert_eq!(user.is_some(), by_identity.is_some());
    if let Some(user) = user {
        assert_eq!(user.user.identities, [address]);
    }
}

async fn a_store_that_was_cloned_is_the_same_store(store: &Store) {
    let clone = store.clone();
    let id = new_user(&clone).await;
    drop(clone);
    assert!(store.user(id).await.unwrap().is_some());
    store.ping().await.unwrap();
}

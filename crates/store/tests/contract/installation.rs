use countersign_domain::key::{SealingKeyId, SealingKeyStatus, WrappedKey};
use countersign_store::{Batch, Store, installation, sealing_keys};

use crate::fixture::{at, at_once, conflicts, done, new_user};

contract! {
    a_new_database_is_marked_once,
    a_database_with_users_is_not_marked,
    a_database_that_was_served_is_not_marked,
    of_many_who_mark_at_once_one_does,
}

async fn a_new_database_is_marked_once(store: &Store) {
    assert!(!store.is_for_development().await.unwrap());
    done(store, [installation::mark_development()]).await;
    assert!(store.is_for_development().await.unwrap());
    conflicts(store, [installation::mark_development()]).await;
    assert!(store.is_for_development().await.unwrap());
}

async fn a_database_with_users_is_not_marked(store: &Store) {
    new_user(store).await;
    conflicts(store, [installation::mark_development()]).await;
    assert!(!store.is_for_development().await.unwrap());
}

async fn a_database_that_was_served_is_not_marked(store: &Store) {
    let key = WrappedKey {
        id: SealingKeyId::from_number(1),
        status: SealingKeyStatus::Current,
        wrapped: vec![1],
        since: at(0),
    };
    done(store, [sealing_keys::insert(&key)]).await;
    conflicts(store, [installation::mark_development()]).await;
    assert!(!store.is_for_development().await.unwrap());
}

async fn of_many_who_mark_at_once_one_does(store: &Store) {
    let mark = || Batch::new().then(installation::mark_development());
    assert_eq!(at_once(store, 16, mark).await.len(), 1);
    assert!(store.is_for_development().await.unwrap());
}

use countersign_domain::partner::Slug;
use countersign_store::{Batch, Store, WorkDone, users};

use crate::fixture::{at, conflicts, done, email, user_id};

contract! {
    what_is_asked_of_a_store_is_counted,
    what_clones_are_asked_is_counted_together,
}

async fn what_is_asked_of_a_store_is_counted(store: &Store) {
    let (id, partner, address) = (user_id(), Slug::default_partner(), email("ana@example.com"));
    let before = store.work();
    let counted = |reads, batches, steps| {
        let expected = WorkDone {
            reads,
            batches,
            steps,
        };
        assert_eq!(store.work().since(before), expected);
    };
    assert_eq!(before, WorkDone::default(), "opening asks for nothing");
    store.user(id).await.unwrap();
    counted(1, 0, 0);
    let steps = || {
        [
            users::insert(id, &partner, None, at(0)),
            users::insert_identity(&partner, &address, id, None, at(0)),
        ]
    };
    done(store, steps()).await;
    counted(1, 1, 2);
    // Also what is undone, and the steps behind the one that conflicts.
    conflicts(store, steps()).await;
    counted(1, 2, 4);
    store.commit(Batch::new()).await.unwrap();
    counted(1, 3, 4);
    store.user_by_identity(&partner, &address).await.unwrap();
    store.partners().await.unwrap();
    counted(3, 3, 4);
    store.ping().await.unwrap();
    counted(3, 3, 4);
    assert_eq!(store.work().since(store.work()), WorkDone::default());
}

async fn what_clones_are_asked_is_counted_together(store: &Store) {
    let clone = store.clone();
    clone.partners().await.unwrap();
    store.partners().await.unwrap();
    drop(clone);
    assert_eq!(store.work().reads, 2);
}

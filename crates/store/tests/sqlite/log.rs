use std::fs;

use countersign_domain::Timestamp;
use countersign_store::feed::Place;
use countersign_store::{Batch, Store, users};
use tokio::task::JoinSet;

use crate::fixture::{Ground, add_user, is_kept, user_id};

#[tokio::test]
async fn a_reader_leaves_nothing_open_in_the_log() {
    let ground = Ground::new();
    let store = ground.open();
    let (kept, raw) = (add_user(&store).await.unwrap(), ground.raw());
    assert!(is_kept(&store, kept).await);
    assert!(!is_kept(&store, user_id()).await);
    // One that fails goes as well.
    raw.execute_batch("ALTER TABLE feed RENAME TO away")
        .unwrap();
    store.feed_after(Place::default(), 1).await.unwrap_err();

    add_user(&store).await.unwrap();
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy: i64 = raw.query_row(checkpoint, [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0, "nobody still reads in the log");
    assert_eq!(fs::metadata(ground.beside("-wal")).unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_does_not_grow_for_as_long_as_some_write_and_some_read() {
    const UNIT: usize = 40_000;
    let ground = Ground::new();
    let store = ground.open();
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        tasks.spawn(write_and_read(store.clone(), 64, UNIT));
    }
    tasks.join_all().await;
    let log = fs::metadata(ground.beside("-wal")).unwrap().len();
    let written = 16 * 64 * u64::try_from(UNIT).unwrap();
    assert!(
        log < written / 2,
        "{log} bytes of log for {written} written"
    );
}

async fn write_and_read(store: Store, units: usize, size: usize) {
    for _ in 0..units {
        let (id, filler) = (user_id(), "x".repeat(size));
        let partner = "default".parse().unwrap();
        let user = users::insert(id, &partner, Some(&filler), Timestamp::UNIX_EPOCH);
        store.commit(Batch::new().then(user)).await.unwrap();
        assert!(is_kept(&store, id).await);
    }
}

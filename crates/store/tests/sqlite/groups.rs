use std::fs;

use countersign_store::StoreError;

use crate::fixture::{Ground, add_user, insert, is_kept, queue, user_id};

/// How many commits the write-ahead log holds: the frames that say how large the database
/// is after them (SQLite's file format, sections 4.1 and 4.2).
fn commits(ground: &Ground) -> usize {
    let log = fs::read(ground.beside("-wal")).unwrap();
    let (header, frames) = log.split_at(32);
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let page = usize::try_from(number(&header[8..12])).unwrap();
    let of_this_log = |frame: &&[u8]| frame[8..16] == header[16..24];
    let frames = frames.chunks_exact(24 + page).take_while(of_this_log);
    frames.filter(|frame| number(&frame[4..8]) != 0).count()
}

#[tokio::test]
async fn units_that_wait_share_a_commit() {
    let ground = Ground::new();
    let store = ground.open();
    add_user(&store).await.unwrap();
    let before = commits(&ground);
    add_user(&store).await.unwrap();
    assert_eq!(commits(&ground), before + 1, "alone it has one of its own");

    let busy = ground.raw();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ids: Vec<_> = (0..200).map(|_| user_id()).collect();
    let waiting: Vec<_> = ids
        .iter()
        .map(|id| queue(&store, insert(*id, "default")))
        .collect();
    busy.execute_batch("ROLLBACK").unwrap();
    for unit in waiting {
        unit.await.unwrap();
    }
    // The writer may have taken the first few before the others came.
    let grouped = commits(&ground) - before - 1;
    assert!(
        (1..=2).contains(&grouped),
        "{grouped} commits for 200 units"
    );
    for id in ids {
        assert!(is_kept(&store, id).await);
    }
}

#[tokio::test]
async fn a_conflict_in_a_group_is_its_own() {
    let ground = Ground::new();
    let store = ground.open();
    let taken = add_user(&store).await.unwrap();
    let busy = ground.raw();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = queue(&store, insert(user_id(), "default"));
    let id = user_id();
    let group = [id, taken, id, user_id()].map(|id| queue(&store, insert(id, "default")));
    busy.execute_batch("ROLLBACK").unwrap();

    first.await.unwrap();
    let [inserted, refused, again, last] = group;
    inserted.await.unwrap();
    assert!(matches!(refused.await, Err(StoreError::Conflict { .. })));
    let again = again.await;
    let sees = matches!(again, Err(StoreError::Conflict { .. }));
    assert!(sees, "a unit sees those before it in its group: {again:?}");
    last.await.unwrap();
    assert!(is_kept(&store, id).await);
}

#[tokio::test]
async fn a_conflict_behind_a_units_first_statement_undoes_that_unit_alone() {
    let ground = Ground::new();
    let store = ground.open();
    let taken = add_user(&store).await.unwrap();
    let busy = ground.raw();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = queue(&store, insert(user_id(), "default"));
    let [before, partly, after] = [user_id(), user_id(), user_id()];
    let half = insert(partly, "default").then_batch(insert(taken, "default"));
    let group = [insert(before, "default"), half, insert(after, "default")];
    let group = group.map(|unit| queue(&store, unit));
    busy.execute_batch("ROLLBACK").unwrap();

    first.await.unwrap();
    let [one, failed, three] = group;
    one.await.unwrap();
    assert!(matches!(failed.await, Err(StoreError::Conflict { .. })));
    three.await.unwrap();
    for (id, kept) in [(before, true), (partly, false), (after, true)] {
        assert_eq!(is_kept(&store, id).await, kept);
    }
}

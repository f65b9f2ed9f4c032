use std::fs;

use countersign_store::{Migrate, OpenError, Store};

use crate::fixture::{Ground, add_user, insert, is_kept, queue, user_id};

/// The schema that this version knows.
const SCHEMA: i64 = 8;

fn open(ground: &Ground, migrate: Migrate) -> Result<Store, OpenError> {
    Store::open_sqlite(&ground.database(), migrate)
}

#[tokio::test]
async fn opening_again_finds_what_was_kept() {
    let ground = Ground::new();
    let mut ids = Vec::new();
    for migrate in [Migrate::OnlyNew, Migrate::Apply, Migrate::OnlyNew] {
        let store = open(&ground, migrate).unwrap();
        assert_eq!(store.schema_version(), SCHEMA);
        assert_eq!(store.partners().await.unwrap().len(), 1);
        ids.push(add_user(&store).await.unwrap());
        for id in &ids {
            assert!(is_kept(&store, *id).await);
        }
    }
    let applied: i64 = ground
        .raw()
        .query_row("SELECT COUNT(*) FROM schema_migrations", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(applied, SCHEMA);
}

#[tokio::test]
async fn a_new_database_may_be_opened_by_many_at_once() {
    for _ in 0..10 {
        let ground = Ground::new();
        let stores: Vec<Store> = std::thread::scope(|scope| {
            let open = || open(&ground, Migrate::OnlyNew);
            let threads = [(); 8].map(|()| scope.spawn(open));
            threads.map(|thread| thread.join().unwrap().unwrap()).into()
        });
        for store in stores {
            add_user(&store).await.unwrap();
        }
    }
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let ground = Ground::new();
    drop(ground.open());
    let newer = "INSERT INTO schema_migrations VALUES (?1, 0, 0)";
    ground.raw().execute(newer, [SCHEMA + 1]).unwrap();
    for migrate in [Migrate::Apply, Migrate::OnlyNew] {
        let error = open(&ground, migrate).unwrap_err();
        let newer = |known, found| known == SCHEMA && found == SCHEMA + 1;
        assert!(
            matches!(error, OpenError::Newer { found, known, .. } if newer(known, found)),
            "{error:?}"
        );
        let text = error.to_string();
        assert!(text.contains("newer version of Countersign"), "{text}");
        assert!(text.contains("use that version"), "{text}");
    }
}

#[test]
fn a_database_of_another_migration_by_the_same_number_is_refused() {
    let ground = Ground::new();
    drop(ground.open());
    let altered = "UPDATE schema_migrations SET checksum = checksum + 1";
    ground.raw().execute(altered, []).unwrap();
    for migrate in [Migrate::Apply, Migrate::OnlyNew] {
        let error = open(&ground, migrate).unwrap_err();
        assert!(matches!(error, OpenError::Altered { version: 1, .. }));
        assert!(error.to_string().contains("restore a backup"));
    }
}

#[test]
fn what_is_no_database_is_refused_by_its_name() {
    let ground = Ground::new();
    fs::write(
        ground.database(),
        "no database at all, but some text in a file",
    )
    .unwrap();
    let error = open(&ground, Migrate::Apply).unwrap_err();
    assert!(matches!(error, OpenError::File { .. }));
    let text = error.to_string();
    assert!(text.contains(ground.database().to_str().unwrap()), "{text}");

    let file = ground.folder().join("file");
    fs::write(&file, "").unwrap();
    let within = Store::open_sqlite(&file.join("countersign.db"), Migrate::Apply);
    assert!(matches!(within, Err(OpenError::File { .. })));
    let folder = Store::open_sqlite(ground.folder(), Migrate::Apply);
    assert!(matches!(folder, Err(OpenError::File { .. })));
}

#[tokio::test]
async fn a_store_that_is_closed_has_done_what_was_asked_and_leaves_one_file() {
    let ground = Ground::new();
    let store = ground.open();
    let other = store.clone();
    let ids: Vec<_> = (0..100).map(|_| user_id()).collect();
    let asked: Vec<_> = ids
        .iter()
        .map(|id| queue(&store, insert(*id, "default")))
        .collect();
    store.close().await;
    for answer in asked {
        answer.await.unwrap();
    }
    assert!(fs::exists(ground.database()).unwrap());
    assert!(!fs::exists(ground.beside("-wal")).unwrap());
    assert!(add_user(&other).await.is_err());
    assert!(other.ping().await.is_err());

    let again = ground.open();
    for id in ids {
        assert!(is_kept(&again, id).await);
    }
    again.ping().await.unwrap();
}

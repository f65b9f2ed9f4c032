use std::fs;
use std::os::unix::fs::PermissionsExt;

use countersign_store::{Migrate, OpenError, ServerLock, Store};

use crate::fixture::{Ground, add_user};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let ground = Ground::new();
    let folder = ground.folder().join("data/of/countersign");
    let database = folder.join("countersign.db");
    let _lock = ServerLock::acquire(&database).unwrap();
    let store = Store::open_sqlite(&database, Migrate::Apply).unwrap();
    add_user(&store).await.unwrap();

    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(folder.parent().unwrap()), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
    let mut names: Vec<_> = files.iter().map(|file| file.file_name()).collect();
    names.sort();
    let expected = ["", "-shm", "-wal", ".lock"]
        .map(|end| std::ffi::OsString::from(format!("countersign.db{end}")));
    assert_eq!(names, expected);
    for file in files {
        assert_eq!(mode(&file.path()), 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn files_that_others_could_read_are_for_their_owner_alone_once_opened() {
    let ground = Ground::new();
    let store = ground.open();
    add_user(&store).await.unwrap();
    let files = ["", "-wal", "-shm"].map(|ending| ground.beside(ending));
    for file in &files {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    ground.open();
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_reader_does_not_make_a_database_where_one_vanished() {
    let ground = Ground::new();
    let store = ground.open();
    fs::remove_file(ground.database()).unwrap();
    assert!(store.ping().await.is_err());
    assert!(!ground.database().exists());
}

#[test]
fn a_second_server_is_told_that_another_runs() {
    let ground = Ground::new();
    let lock = ServerLock::acquire(&ground.database()).unwrap();
    let second = ServerLock::acquire(&ground.database());
    let Err(error @ OpenError::Held { .. }) = second else {
        panic!("{second:?}");
    };
    let text = error.to_string();
    assert!(text.contains("another server is running on"), "{text}");
    assert!(text.contains(ground.database().to_str().unwrap()), "{text}");
    assert!(text.contains("stop it"), "{text}");

    drop(lock);
    ServerLock::acquire(&ground.database()).unwrap();
}

#[test]
fn a_database_under_another_name_is_held_all_the_same() {
    let ground = Ground::new();
    let _lock = ServerLock::acquire(&ground.database()).unwrap();
    let other_name = ground.folder().join("other.db");
    std::os::unix::fs::symlink(ground.database(), &other_name).unwrap();
    let second = ServerLock::acquire(&other_name);
    assert!(matches!(second, Err(OpenError::Held { .. })), "{second:?}");
}

#[tokio::test]
async fn commands_work_while_a_server_holds_the_lock() {
    let ground = Ground::new();
    let _lock = ServerLock::acquire(&ground.database()).unwrap();
    let (server, command) = (ground.open(), ground.open());
    let id = add_user(&command).await.unwrap();
    assert!(server.user(id).await.unwrap().is_some());
}

//! A database in a folder of its own, looked at from both sides.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use countersign_domain::id::UserId;
use countersign_domain::partner::Slug;
use countersign_domain::{SystemEntropy, Timestamp};
use countersign_store::{Batch, Migrate, Outcome, Store, StoreError, users};
use rusqlite::Connection;
use tempfile::TempDir;

/// A folder for a database that is not there yet.
pub(crate) struct Ground {
    folder: TempDir,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder().join("countersign.db")
    }

    /// The file beside the database whose name ends so.
    pub(crate) fn beside(&self, ending: &str) -> PathBuf {
        self.folder().join(format!("countersign.db{ending}"))
    }

    pub(crate) fn open(&self) -> Store {
        Store::open_sqlite(&self.database(), Migrate::Apply).unwrap()
    }

    /// A connection past the store.
    pub(crate) fn raw(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }
}

pub(crate) fn user_id() -> UserId {
    UserId::generate(Timestamp::UNIX_EPOCH, &SystemEntropy::default())
}

/// The unit of work that adds a user of this partner.
pub(crate) fn insert(id: UserId, partner: &str) -> Batch {
    let partner: Slug = partner.parse().unwrap();
    Batch::new().then(users::insert(id, &partner, None, Timestamp::UNIX_EPOCH))
}

pub(crate) async fn add_user(store: &Store) -> Result<UserId, StoreError> {
    let id = user_id();
    store.commit(insert(id, "default")).await.map(|_| id)
}

pub(crate) async fn is_kept(store: &Store, id: UserId) -> bool {
    store.user(id).await.unwrap().is_some()
}

type Waiting = Pin<Box<dyn Future<Output = Result<Outcome, StoreError>>>>;

/// A batch in the writer's queue: whoever comes later stands behind it.
pub(crate) fn queue(store: &Store, batch: Batch) -> Waiting {
    let store = store.clone();
    // Not held to the few steps after which a task must let others run.
    let commit = async move { store.commit(batch).await };
    let mut waiting: Waiting = Box::pin(tokio::task::unconstrained(commit));
    let asked = waiting
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(
        matches!(asked, Poll::Pending),
        "nobody can have answered yet"
    );
    waiting
}

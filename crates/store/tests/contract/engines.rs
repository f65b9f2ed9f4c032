//! The engines that the contract holds for.

use countersign_store::{Migrate, Store};
use tempfile::TempDir;

/// A store, open and empty, and the ground it stands on.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    _folder: TempDir,
}

pub(crate) async fn sqlite() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.db");
    Fixture {
        store: Store::open_sqlite(&path, Migrate::Apply).unwrap(),
        _folder: folder,
    }
}

/// Makes a test of each behaviour on each engine. Another engine is another line here.
macro_rules! contract {
    ($($behaviour:ident),* $(,)?) => {
        on_engine! { sqlite: $($behaviour),* }
    };
}

macro_rules! on_engine {
    ($engine:ident: $($behaviour:ident),*) => {
        mod $engine {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                let fixture = $crate::engines::$engine().await;
                super::$behaviour(&fixture.store).await;
            }
        )*}
    };
}

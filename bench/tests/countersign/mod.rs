//! What is measured here.

use std::path::{Path, PathBuf};

/// The release binary, or what was built beside the test.
pub(crate) fn binary() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_countersign-bench")).with_file_name("countersign");
    let binary = std::env::var_os("COUNTERSIGN_BIN").map_or(beside, PathBuf::from);
    assert!(
        binary.exists(),
        "there is no {}; `cargo build` makes it",
        binary.display()
    );
    binary
}

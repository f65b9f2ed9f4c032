use std::path::Path;

use super::*;

#[test]
fn every_reason_is_a_decision_that_is_on_record() {
    let decisions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/decisions");
    for (claim, record) in REASONS {
        assert!(decisions.join(record).is_file(), "{claim}: {record}");
    }
}

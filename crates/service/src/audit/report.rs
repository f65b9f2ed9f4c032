//! What verifying the audit found.

use countersign_domain::Timestamp;
use countersign_domain::audit::Head;

/// Findings that are kept; of what is beyond only the number is.
const FINDINGS: usize = 100;

/// What verifying found.
#[derive(Debug, Default)]
pub struct Report {
    /// Seals that are as they were made.
    pub seals: u64,
    /// Entries that they hold.
    pub entries: u64,
    /// Entries that no seal holds yet.
    pub unsealed: u64,
    /// The number of the first seal that is kept.
    pub first: Option<i64>,
    /// The last seal: whoever keeps it can have it checked later.
    pub head: Option<Head>,
    /// What is wrong; empty where nothing is. The first hundred of it.
    pub findings: Vec<Finding>,
    /// How much more is wrong.
    pub more: u64,
    /// The number of the seal that was looked at last.
    pub(super) reached: Option<i64>,
}

/// Something that is wrong with the audit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Finding {
    /// An entry was changed, or made by somebody without the key.
    #[error("entry {id} is not as it was written, or was forged")]
    Entry {
        /// The entry's id.
        id: String,
    },
    /// A seal was changed, or made by somebody without the key.
    #[error("seal {number} is not as it was made, or was forged")]
    Seal {
        /// Its number.
        number: i64,
    },
    /// A seal does not hold on to the one before it.
    #[error("seal {number} does not follow the one before it: one of them is of another copy")]
    Broken {
        /// Its number.
        number: i64,
    },
    /// Seals are missing between others.
    #[error("seals {from} to {to} are missing, with their entries")]
    Missing {
        /// The first of them.
        from: i64,
        /// The last of them.
        to: i64,
    },
    /// The first seals are missing, and were too young for it.
    #[error(
        "seals up to {to} are missing. The last of them was made at {made_at}, so the retention \
         does not account for it (unless `audit.retention` was shorter once)"
    )]
    Front {
        /// The last of them.
        to: i64,
        /// When that was made.
        made_at: Timestamp,
    },
    /// A seal held other entries.
    #[error("seal {number} held {held} entries, and {found} are there, or others than it held")]
    Entries {
        /// Its number.
        number: i64,
        /// How many it held.
        held: i64,
        /// How many are there.
        found: u64,
    },
    /// Entries name a seal that is not there.
    #[error("{entries} entries name seal {number}, which is not there")]
    Orphans {
        /// The seal's number.
        number: i64,
        /// How many entries.
        entries: i64,
    },
    /// The head that was given is not in the chain.
    #[error("the head {0} is not in this audit: it was cut off, or written anew, since")]
    Head(Head),
    /// The head that was given is of a seal that retention has deleted.
    #[error("the head {0} is older than what is kept, and cannot be checked any more")]
    OldHead(Head),
}

impl Report {
    /// Takes note of something that is wrong.
    pub(super) fn found(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

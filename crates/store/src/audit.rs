//! The audit: entries, and the seals that hold on to them.
//!
//! An entry is inserted in the unit of work of what it tells. Sealing takes two: the first
//! *claims* entries, which nobody but another sealer is ever waited for in; the second adds the
//! seal, if what is claimed is still what was read.

pub(crate) mod read;
pub(crate) mod seals;
pub(crate) mod write;

pub use read::{Filter, Kept};
pub use seals::{KeptSeal, claim, delete_seal, insert_seal};
pub use write::{insert, insert_again, insert_if_revoked};

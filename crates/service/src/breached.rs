//! Passwords that leaked somewhere: a filter in a file, which an operator builds from lists.
//!
//! Nothing is asked over the network, and no list is kept: the filter says of a password that
//! it certainly is in none, or that it probably is in one.

mod build;
mod filter;
mod format;
mod lists;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use countersign_domain::password::Password;
use countersign_store::StoreError;

use filter::Filter;

pub use build::{BuildError, Built, Order, Progress, Stage, build};
pub use filter::FilterError;
pub use format::{BYTES_PER_ENTRY, Header};

/// The passwords that leaked somewhere, as far as a filter was built of them; none without
/// one. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Breached(Option<Arc<Filter>>);

impl Breached {
    /// The filter in this file, whose length and header are checked.
    ///
    /// # Errors
    /// [`FilterError`], if it is none or not whole.
    pub fn open(path: &Path) -> Result<Self, FilterError> {
        Ok(Self(Some(Arc::new(Filter::open(path)?))))
    }

    /// Reads all of the filter, if there is one, and checks that it is as it was written.
    ///
    /// # Errors
    /// [`FilterError::Damaged`].
    pub fn verify(&self) -> Result<(), FilterError> {
        self.0.as_deref().map_or(Ok(()), Filter::verify)
    }

    /// What the filter says of itself, if there is one.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.0.as_deref().map(Filter::header)
    }

    /// Whether a password leaked, on a thread where waiting for a disk delays nobody.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the file cannot be read: what cannot be checked is not
    /// taken.
    pub(crate) async fn has(&self, password: &Password) -> Result<bool, StoreError> {
        let Some(filter) = self.0.clone() else {
            return Ok(false);
        };
        let digest = format::digest(password.as_bytes());
        let found = tokio::task::spawn_blocking(move || filter.has(&digest)).await;
        let unavailable = |cause: String| StoreError::Unavailable {
            cause: format!("the filter of leaked passwords cannot be read: {cause}"),
        };
        match found {
            Ok(found) => found.map_err(|error| unavailable(error.to_string())),
            Err(error) => Err(unavailable(error.to_string())),
        }
    }
}

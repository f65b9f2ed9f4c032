//! Why a use case came to nothing.

use std::time::Duration;

use countersign_store::StoreError;

/// Why a use case came to nothing: a decision, `R`, or a want of means.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure<R> {
    /// It was decided so.
    #[error("refused")]
    Refused(R),
    /// Too much is going on; it may be tried again after this long.
    #[error("overloaded")]
    Overloaded(Duration),
    /// The store failed. Whether anything was written is unknown.
    #[error(transparent)]
    Store(StoreError),
}

impl<R> From<StoreError> for Failure<R> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<R> Failure<R> {
    /// The same with another refusal.
    pub fn map<S>(self, refusal: impl FnOnce(R) -> S) -> Failure<S> {
        match self {
            Self::Refused(refused) => Failure::Refused(refusal(refused)),
            Self::Overloaded(after) => Failure::Overloaded(after),
            Self::Store(error) => Failure::Store(error),
        }
    }
}

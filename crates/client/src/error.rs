//! What can go wrong. None of it holds a token.

use std::error::Error;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum InvalidClient {
    /// The address of Countersign is none; the text says what would be right.
    #[error("the address of Countersign is not right: {0}")]
    Url(String),
    /// Nothing can be encrypted here, or nobody trusted.
    #[error("TLS cannot be set up on this machine")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
}

/// Why nobody is known by a token.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is nobody's: unknown, expired or ended, or none at all. Answer 401, or have the person
    /// sign in.
    #[error("the session token is unknown, expired or ended")]
    Refused,
    /// Nobody can know now: Countersign did not answer, not in time, or nothing that can be
    /// understood. Answer 503, and sign nobody out.
    #[error("nobody can know now whose session it is")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("Countersign did not answer within {0:?}")]
    Late(std::time::Duration),
    #[error("Countersign did not answer")]
    Lost(#[source] reqwest::Error),
    #[error("Countersign answered with status {0}; is its address right?")]
    Status(http::StatusCode),
    #[error("Countersign's answer is longer than any it gives; is its address right?")]
    TooLong,
    #[error("Countersign's answer is not understood; is its address right?")]
    NotUnderstood(#[source] serde_json::Error),
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        Self::Lost(error.without_url())
    }
}

impl From<NoAnswer> for VerifyError {
    fn from(cause: NoAnswer) -> Self {
        Self::Unavailable(Box::new(cause))
    }
}

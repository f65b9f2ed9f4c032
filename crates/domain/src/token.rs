//! Tokens: how each looks, and how it is read strictly.
//!
//! Every class of secret has a prefix of its own, so that one can never pass for another and
//! a secret scanner finds it wherever it was pasted:
//!
//! | prefix | what | how |
//! |---|---|---|
//! | `csa_` | authentication token | random, with a checksum; only its hash is kept |
//! | `css_` | session token | sealed; nothing is kept |

mod authentication_token;
mod base62;
mod session_token;

pub use authentication_token::{AuthenticationToken, TokenHash};
pub use session_token::{OpenError, SessionToken};

/// The text is not a token of the class asked for: another prefix, length, alphabet or
/// checksum, or spare bits that are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a token of this class")]
pub struct NotAToken;

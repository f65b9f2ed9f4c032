//! Tokens: how each looks, and how it is read strictly.
//!
//! Every class of secret has a prefix of its own, so that one can never pass for another and
//! a secret scanner finds it wherever it was pasted:
//!
//! | prefix | what | how |
//! |---|---|---|
//! | `csa_` | authentication token | random, with a checksum; only its hash is kept |
//! | `csk_` | API key | the same |
//! | `csr_` | reset code | the same |
//! | `css_` | session token | sealed; nothing is kept |
//! | `cso_` | one-time token | sealed; kept is only that it was redeemed |
//! | `csp_` | page state | sealed, and bound to one browser; nothing is kept |
//! | `csb_` | browser secret | random, in a cookie; nothing is kept |

mod base62;
mod browser_secret;
mod one_time_token;
mod page_state;
mod random_token;
mod sealed;
mod session_token;

pub use browser_secret::{BrowserMark, BrowserSecret};
pub use one_time_token::OneTimeToken;
pub use page_state::PageStateText;
pub use random_token::{
    ApiKeyText, AuthenticationToken, Named, RandomToken, ResetCode, SECRET_BYTES, TokenHash,
};
pub use sealed::OpenError;
pub use session_token::SessionToken;

/// The text is not a token of the class asked for: another prefix, length, alphabet or
/// checksum, or spare bits that are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a token of this class")]
pub struct NotAToken;

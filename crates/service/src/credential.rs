//! What a client proves itself with once it has logged in.

use countersign_domain::Secret;
use countersign_domain::token::AuthenticationToken;

/// A credential for what either token may do.
#[derive(Clone, Debug)]
pub enum Credential {
    /// An authentication token.
    Authentication(AuthenticationToken),
    /// The text of a session token.
    Session(Secret<String>),
}

//! Epochs: how often sessions were ended, all at once.

/// How often the sessions of a user or an authentication were ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Epoch(pub i64);

impl Epoch {
    /// The epoch of what is new.
    pub const FIRST: Self = Self(0);
}

/// The epochs of a session's user and authentication.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Epochs {
    /// The user's.
    pub user: Epoch,
    /// The authentication's.
    pub authentication: Epoch,
}

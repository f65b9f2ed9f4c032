//! A session and whose it is, as Countersign answers.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A live session and who it is.
///
/// More may be told in later versions. A test of yours makes one from JSON, such as
/// Countersign answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// From when on it is refused. It may end any time before.
    pub expires_at: Timestamp,
    /// Whose it is.
    pub user: User,
    /// On which device.
    pub device_id: Uuid,
    /// Of which log-in.
    pub authentication_id: Uuid,
    /// How the user was authenticated: `password`, `sms`, `email` or `partner`, and `pin` where
    /// the exchange carried it.
    pub amr: Vec<String>,
    /// When.
    pub auth_time: Timestamp,
}

/// A user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The id that stays, whatever else of the user changes.
    pub id: Uuid,
    /// The slug of the partner whose user it is.
    pub partner: String,
    /// By what the user is known: at most one of each type.
    pub identities: Vec<Identity>,
}

impl User {
    /// The user's `username`, `email`, `phone` or `user_id` (the partner's own id of the user).
    #[must_use]
    pub fn identity(&self, kind: &str) -> Option<&str> {
        let mut all = self.identities.iter();
        all.find(|identity| identity.kind == kind)
            .map(|identity| &*identity.value)
    }
}

/// By what a user is known. Its `Debug` keeps the value to itself, since addresses and numbers
/// do not belong in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// `username`, `email`, `phone`, `user_id`, or what later versions of Countersign know.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its value, normalised.
    pub value: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:•••", self.kind)
    }
}

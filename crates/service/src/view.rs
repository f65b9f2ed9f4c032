//! What is shown of an authentication.

use countersign_domain::Timestamp;
use countersign_domain::authentication::{Authentication, AuthenticationStatus};
use countersign_domain::challenge::Challenge;
use countersign_domain::id::{AuthenticationId, DeviceId};
use countersign_domain::token::AuthenticationToken;

/// An authentication as its holder sees it: pending, living or dead.
#[derive(Clone, Debug)]
pub struct AuthenticationView {
    /// Its id.
    pub id: AuthenticationId,
    /// The device it is on.
    pub device: DeviceId,
    /// Where it is in its life.
    pub status: AuthenticationStatus,
    /// When the log-in began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// From when on it, or the code that is awaited, is refused.
    pub expires_at: Timestamp,
    /// Its token, in the one answer that hands it out.
    pub token: Option<AuthenticationToken>,
}

impl AuthenticationView {
    pub(crate) fn of(
        authentication: &Authentication,
        token: Option<AuthenticationToken>,
        now: Timestamp,
    ) -> Self {
        Self {
            id: authentication.id,
            device: authentication.device,
            status: authentication.status(now),
            created_at: authentication.created_at,
            updated_at: authentication.updated_at,
            expires_at: authentication.expires_at,
            token,
        }
    }

    pub(crate) fn pending(challenge: &Challenge) -> Self {
        Self {
            id: challenge.id,
            device: challenge.device,
            status: AuthenticationStatus::Created,
            created_at: challenge.created_at,
            updated_at: challenge.updated_at,
            expires_at: challenge.expires_at,
            token: None,
        }
    }
}

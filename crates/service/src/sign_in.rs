//! Sign in: what every way of proving who one is ends in.

use countersign_domain::Timestamp;
use countersign_domain::authentication::{Authentication, Authenticator};
use countersign_domain::device::DeviceDescription;
use countersign_domain::epoch::Epoch;
use countersign_domain::id::{AuthenticationId, DeviceId, UserId};
use countersign_domain::key::KeyedHash;
use countersign_domain::partner::PartnerSettings;
use countersign_domain::token::AuthenticationToken;
use countersign_store::{Step, authentications, devices, feed};

use crate::{AuthenticationView, Service};

/// Devices on which a user is signed in at once. Whoever signs in on more is signed out where
/// they signed in first: a list of devices stays one that a person can read.
const DEVICES: i64 = 100;

/// Who signs in, on what, proved how.
pub(crate) struct SignIn<'a> {
    /// The user, who must still have this epoch when it is written.
    pub(crate) user: (UserId, Epoch),
    /// The id that the authentication will have.
    pub(crate) id: AuthenticationId,
    /// The device that it will be on.
    pub(crate) device: DeviceId,
    /// The device's name.
    pub(crate) device_name: &'a str,
    /// What its client said of it.
    pub(crate) description: &'a DeviceDescription,
    /// How the user proved who they are.
    pub(crate) authenticator: Authenticator,
    /// The PIN that was chosen.
    pub(crate) pin: Option<KeyedHash>,
    /// When the log-in began.
    pub(crate) begun_at: Timestamp,
}

impl Service {
    /// A fresh authentication: what is written of it, and what its device is shown, the token
    /// with it.
    pub(crate) fn sign_in(
        &self,
        who: &SignIn<'_>,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> ([Step; 4], AuthenticationView) {
        let token = AuthenticationToken::generate(who.id, &*self.inner.entropy);
        let (user, epoch) = who.user;
        let authentication = Authentication {
            id: who.id,
            user,
            device: who.device,
            authenticator: who.authenticator,
            token: token.hash(),
            epoch: Epoch::FIRST,
            pin: who.pin,
            pin_required: settings.exchange_requires_pin,
            created_at: who.begun_at,
            updated_at: now,
            authenticated_at: now,
            expires_at: now.plus(settings.authentication_life),
            revoked_at: None,
        };
        let device = devices::insert(&devices::NewDevice {
            id: who.device,
            user,
            name: who.device_name,
            description: who.description,
            now,
        });
        let steps = [
            authentications::revoke_all_but_newest(user, DEVICES - 1, now),
            feed::authentications_of_user(user, now),
            device,
            authentications::insert(&authentication, epoch),
        ];
        (
            steps,
            AuthenticationView::of(&authentication, Some(token), now),
        )
    }
}

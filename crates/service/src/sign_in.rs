//! Sign in: what every way of proving who one is ends in.

use countersign_domain::Timestamp;
use countersign_domain::authentication::{Authentication, Authenticator};
use countersign_domain::device::DeviceDescription;
use countersign_domain::epoch::Epoch;
use countersign_domain::id::{DeviceId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::key::KeyedHash;
use countersign_domain::limits::IdentityMark;
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::token::AuthenticationToken;
use countersign_store::{Step, authentications, devices, feed, limits, users};

use crate::{AuthenticationView, Service};

/// Devices on which a user is signed in at once. For whoever signs in on more, the time is over
/// where they signed in first: a list of devices stays one that a person can read.
const DEVICES: i64 = 100;

/// Who signs in, on what, proved how.
pub(crate) struct SignIn<'a> {
    /// The user, who must still have this epoch when it is written.
    pub(crate) user: (UserId, Epoch),
    /// The token of the authentication, whose id it has.
    pub(crate) token: AuthenticationToken,
    /// The device that it will be on.
    pub(crate) device: DeviceId,
    /// Whether it is one that the user logged in on before.
    pub(crate) known_device: bool,
    /// What stands for the user's identities, all of which are proved anew by this.
    pub(crate) proved: Vec<IdentityMark>,
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
    ) -> (Vec<Step>, AuthenticationView) {
        let (user, epoch) = who.user;
        let terms = who.authenticator.terms(settings);
        let authentication = Authentication {
            id: who.token.id(),
            user,
            device: who.device,
            authenticator: who.authenticator,
            token: who.token.hash(),
            epoch: Epoch::FIRST,
            pin: who.pin,
            pin_required: terms.pin_required,
            created_at: who.begun_at,
            updated_at: now,
            authenticated_at: now,
            expires_at: now.plus(terms.life),
            revoked_at: None,
        };
        let device = devices::NewDevice {
            id: who.device,
            user,
            name: who.device_name,
            description: who.description,
            now,
        };
        let mut steps = vec![
            authentications::expire_all_but_newest(user, DEVICES - 1, now),
            if who.known_device {
                devices::return_to(&device)
            } else {
                devices::insert(&device)
            },
            authentications::insert(&authentication, epoch),
        ];
        let (by, on) = (who.authenticator, who.device);
        let proved_anew = |identity: &IdentityMark| limits::proved_anew(*identity, by, on);
        steps.extend(who.proved.iter().map(proved_anew));
        (
            steps,
            AuthenticationView::of(&authentication, Some(who.token.clone()), now),
        )
    }
}

impl Service {
    /// What stands for identities of a partner's user where they are counted.
    pub(crate) fn marks<'a>(
        &self,
        partner: &Slug,
        identities: impl IntoIterator<Item = &'a Identity>,
    ) -> Vec<IdentityMark> {
        let key = &self.inner.limit_key;
        let marks = identities.into_iter().map(|one| key.mark(partner, one));
        marks.collect()
    }
}

/// What the audit says of that, behind the rest.
pub(crate) const PURGED: &str = ", and a password that was never proved was taken away";

/// Takes from a user the password that it got before anything of it was proved, and ends what
/// was signed in with it: who set it need not be who proves an address now, on a device that
/// may have been there before. Returns the epoch that the user has then.
pub(crate) fn purge(
    user: UserId,
    epoch: Epoch,
    on: Option<DeviceId>,
    now: Timestamp,
) -> (Epoch, [Step; 4]) {
    let steps = [
        users::clear_password(user, now),
        feed::user(user, now),
        authentications::revoke_of_user(user, None, now),
        devices::end_of_user(user, on, now),
    ];
    (Epoch(epoch.0 + 1), steps)
}

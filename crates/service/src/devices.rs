//! List a user's devices, and sign one of them out.

use countersign_domain::Caller;
use countersign_domain::audit::{Action, Actor, Event, Reason, Subject};
use countersign_domain::device::Device;
use countersign_domain::id::{AnyId, DeviceId};
use countersign_domain::session::Session;
use countersign_store::{Batch, StoreError, authentications, devices, feed};

use crate::{Failure, InvalidSession, Service};

/// A device in the list of its user.
#[derive(Clone, Debug)]
pub struct ListedDevice {
    /// The device.
    pub device: Device,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Why a device was not signed out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignOutDeviceRefusal {
    /// The session that asks does not live.
    #[error(transparent)]
    InvalidSession(InvalidSession),
    /// The user is signed in on no such device.
    #[error("there is no such device")]
    NotFound,
}

impl Service {
    /// The devices on which a session's user is signed in, the last seen first.
    ///
    /// # Errors
    /// [`InvalidSession`].
    pub async fn devices(&self, token: &str) -> Result<Vec<ListedDevice>, Failure<InvalidSession>> {
        let session = self.verify(token).await?;
        let devices = self.inner.store.devices(session.user, self.now()).await?;
        let mut listed: Vec<_> = devices
            .into_iter()
            .map(|mut device| {
                let seen = self.inner.last_seen.of(device.id);
                device.last_seen_at =
                    seen.map_or(device.last_seen_at, |at| at.max(device.last_seen_at));
                let current = device.id == session.device;
                ListedDevice { device, current }
            })
            .collect();
        listed.sort_by_key(|listed| std::cmp::Reverse(listed.device.last_seen_at));
        Ok(listed)
    }

    /// What a device of a session's user is called, signed in or not; `None` where it is none of
    /// theirs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn device_name(
        &self,
        session: &Session,
        id: DeviceId,
    ) -> Result<Option<String>, StoreError> {
        self.inner.store.device_name(session.user, id).await
    }

    /// Ends the authentications and sessions of one device of a session's user.
    ///
    /// # Errors
    /// [`SignOutDeviceRefusal`].
    pub async fn sign_out_device(
        &self,
        caller: &Caller,
        id: DeviceId,
        token: &str,
    ) -> Result<(), Failure<SignOutDeviceRefusal>> {
        let session = self.verify_to(Action::SignOutDevice, token).await;
        let session =
            session.map_err(|failure| failure.map(SignOutDeviceRefusal::InvalidSession))?;
        let now = self.now();
        let event = |event: Event| {
            let event = event.partner(&session.partner);
            event.subject(Subject::Device(id))
        };
        let actor = Actor::User(session.user);
        let done = event(Event::done(Action::SignOutDevice, actor));
        let device = AnyId::from_bytes(*id.as_bytes());
        let ledger = &self.inner.ledger;
        let batch = Batch::new()
            .then(authentications::revoke_of_device(id, session.user, now))
            .then(feed::authentications_of_device(id, now))
            .then(ledger.entry_if_revoked(caller, done, device, now))
            .then(devices::end(id, session.user, now));
        let signed_out = self.commit(batch).await?.first_count() > 0;
        // One that is signed out already: a lost answer may be asked for again.
        if signed_out || self.inner.store.has_device(session.user, id).await? {
            return Ok(());
        }
        let refused = Event::refused(Action::SignOutDevice, Reason::NotFound, actor);
        self.record_later(caller, event(refused));
        Err(Failure::Refused(SignOutDeviceRefusal::NotFound))
    }
}

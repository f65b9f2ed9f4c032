//! A user's devices, as an operator lists them and signs them out.

use countersign_domain::audit::{Action, Subject};
use countersign_domain::device::Device;
use countersign_domain::id::DeviceId;
use countersign_store::{Batch, authentications, devices, feed};

use super::{Operator, UserRefusal, WhichUser};
use crate::Failure;

impl Operator {
    /// The devices on which a user is signed in, the last seen first.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn devices_of(&self, name: &WhichUser) -> Result<Vec<Device>, Failure<UserRefusal>> {
        let user = self.find(name).await?.user;
        Ok(self.store.devices(user.id, self.clock.now()).await?)
    }

    /// Ends the authentications and sessions on a user's device. Whether there were any.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`], where there is no such user or it has no such device.
    pub async fn end_device(
        &self,
        name: &WhichUser,
        id: DeviceId,
    ) -> Result<bool, Failure<UserRefusal>> {
        let user = self.find(name).await?.user;
        if !self.store.has_device(user.id, id).await? {
            return Err(Failure::Refused(UserRefusal::NotFound));
        }
        let now = self.clock.now();
        let event = self
            .user_event(Action::DeviceEnded, &user)
            .subject(Subject::Device(id));
        let batch = Batch::new()
            .then(authentications::revoke_of_device(id, user.id, now))
            .then(feed::authentications_of_device(id, now))
            .then(devices::end(id, user.id, now))
            .then(self.record(event, now));
        Ok(self.commit(batch).await?.first_count() > 0)
    }
}

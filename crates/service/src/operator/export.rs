//! All that is kept of a user, written out for them (GDPR, article 15).

use countersign_domain::audit::Action;
use countersign_domain::device::Device;
use countersign_domain::user::User;
use countersign_store::Batch;

use super::{Operator, UserRefusal, WhichUser};
use crate::Failure;

/// All that is kept of a user and can be read. The audit names it by its id alone, and is
/// listed by that.
#[derive(Clone, Debug)]
pub struct UserExport {
    /// The user and its identities.
    pub user: User,
    /// Whether it has a password.
    pub has_password: bool,
    /// The devices on which it is signed in, the last seen first.
    pub devices: Vec<Device>,
}

impl Operator {
    /// Writes out all that is kept of a user, and writes down that this was done.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`].
    pub async fn export_user(&self, name: &WhichUser) -> Result<UserExport, Failure<UserRefusal>> {
        let stored = self.find(name).await?;
        let now = self.clock.now();
        let devices = self.store.devices(stored.user.id, now).await?;
        let event = self.user_event(Action::UserExported, &stored.user);
        self.commit(Batch::new().then(self.record(event, now)))
            .await?;
        Ok(UserExport {
            user: stored.user,
            has_password: stored.password_hash.is_some(),
            devices,
        })
    }
}

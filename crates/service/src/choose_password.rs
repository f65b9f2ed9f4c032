//! Choose a password: what everybody does who sets one.

use countersign_domain::id::UserId;
use countersign_domain::password::{InvalidPassword, Owner, Password};
use countersign_domain::{Secret, Timestamp};
use countersign_store::{Step, authentications, devices, feed, redemptions};

use crate::{Breached, Failure, Passwords};

/// Decides whether a text may become somebody's password, and hashes it.
pub(crate) async fn choose(
    text: &Secret<String>,
    owner: &Owner<'_>,
    breached: &Breached,
    passwords: &Passwords,
) -> Result<String, Failure<InvalidPassword>> {
    let password = Password::choose(text, owner).map_err(Failure::Refused)?;
    if breached.has(&password).await? {
        return Err(Failure::Refused(InvalidPassword::Leaked));
    }
    Ok(passwords.hash(password).await?)
}

/// Ends all that a user has with the password before, behind the step that sets another. That
/// the epoch was raised ends sessions, challenges and reset codes; this ends what would open
/// more.
pub(crate) fn end_all_of(user: UserId, now: Timestamp) -> [Step; 4] {
    [
        feed::user(user, now),
        authentications::revoke_of_user(user, None, now),
        redemptions::end_of_user(user, now),
        // Whoever had the old password has devices that were known by it.
        devices::end_of_user(user, None, now),
    ]
}

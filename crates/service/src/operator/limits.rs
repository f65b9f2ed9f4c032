//! What is counted of an identity, as an operator sees it and clears it.

use countersign_domain::Timestamp;
use countersign_domain::audit::Action;
use countersign_domain::identity::Identity;
use countersign_domain::limits::{IdentityMark, Limits};
use countersign_domain::partner::Slug;
use countersign_domain::user::User;
use countersign_store::Batch;
use countersign_store::limits::{Guesses, Sends, clear};

use super::{Operator, UserRefusal, WhichUser};
use crate::Failure;

/// What is counted of identities.
#[derive(Clone, Debug)]
pub struct ShownLimits {
    /// Whose user.
    pub partner: Slug,
    /// What holds there.
    pub limits: Limits,
    /// What is counted, for each identity.
    pub identities: Vec<CountedIdentity>,
    /// When this was so.
    pub at: Timestamp,
}

/// What is counted of one identity, whether anybody has it or not.
#[derive(Clone, Debug)]
pub struct CountedIdentity {
    /// Which.
    pub identity: Identity,
    /// What was sent to it.
    pub sends: Vec<Sends>,
    /// What was guessed of it since it was last right.
    pub guesses: Vec<Guesses>,
}

impl Operator {
    /// What is counted of an identity, or of all identities of the user with an id.
    ///
    /// # Errors
    /// [`UserRefusal`], where there is no such partner, or no user with that id.
    pub async fn show_limits(&self, name: &WhichUser) -> Result<ShownLimits, Failure<UserRefusal>> {
        let (partner, identities) = self.named(name).await?;
        let settings = self.partners.settings(&partner);
        let unknown = || Failure::Refused(UserRefusal::UnknownPartner(partner.clone()));
        let limits = settings.ok_or_else(unknown)?.limits;
        let at = self.clock.now();
        // What was right leaves a row that stands for nothing.
        let counts = |guesses: &Guesses| guesses.failures > 0 || guesses.full > at;
        let mut counted = Vec::new();
        for identity in identities {
            let mark = self.limits.mark(&partner, &identity);
            let mut guesses = self.store.guesses(mark).await?;
            guesses.retain(counts);
            counted.push(CountedIdentity {
                sends: self.store.sends(mark).await?,
                guesses,
                identity,
            });
        }
        Ok(ShownLimits {
            partner,
            limits,
            identities: counted,
            at,
        })
    }

    /// Forgets all that is counted of an identity, or of all identities of the user with an id:
    /// what was switched off is on again. Whether anything was counted.
    ///
    /// # Errors
    /// [`UserRefusal`], where there is no such partner, or no user with that id.
    pub async fn clear_limits(&self, name: &WhichUser) -> Result<bool, Failure<UserRefusal>> {
        let shown = self.show_limits(name).await?;
        let counted = |one: &CountedIdentity| !one.sends.is_empty() || !one.guesses.is_empty();
        if !shown.identities.iter().any(counted) {
            return Ok(false);
        }
        let now = self.clock.now();
        let event = self.event(Action::LimitsCleared).partner(&shown.partner);
        let user = match self.find(name).await {
            Ok(stored) => Some(stored.user.id),
            Err(Failure::Refused(_)) => None,
            Err(failure) => return Err(failure),
        };
        let event = match user {
            Some(user) => event.user(user),
            None => event,
        };
        let marks = shown.identities.iter();
        let marks = marks.map(|one| self.limits.mark(&shown.partner, &one.identity));
        let batch = Batch::new()
            .then_all(marks.flat_map(clear))
            .then(self.record(event, now));
        self.commit(batch).await?;
        Ok(true)
    }

    /// What stands for a user's identities where they are counted.
    pub(super) fn marks<'a>(&'a self, user: &'a User) -> impl Iterator<Item = IdentityMark> + 'a {
        let identities = user.identities.iter();
        identities.map(|identity| self.limits.mark(&user.partner, identity))
    }

    async fn named(&self, name: &WhichUser) -> Result<(Slug, Vec<Identity>), Failure<UserRefusal>> {
        match name {
            WhichUser::Identity(partner, identity) => Ok((partner.clone(), vec![identity.clone()])),
            WhichUser::Id(_) => {
                let user = self.find(name).await?.user;
                Ok((user.partner, user.identities))
            }
        }
    }
}

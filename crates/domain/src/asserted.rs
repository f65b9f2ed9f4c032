//! By what a partner names its user, and whom that means.

use std::time::Duration;

use crate::Timestamp;
use crate::epoch::Epoch;
use crate::id::UserId;
use crate::identity::{Identity, IdentityType, InvalidIdentity};
use crate::user::UserStatus;

/// The types of identity that a partner names a user by. Where they point at different users
/// the first wins.
const RANKED: [IdentityType; 3] = [
    IdentityType::UserId,
    IdentityType::Email,
    IdentityType::Phone,
];

/// How long the last proof of an identity is as good as another one.
const PROOF_HOLDS: Duration = Duration::from_secs(24 * 60 * 60);

/// The identities by which a partner names one user: at least one, at most one of each type,
/// the one that counts most first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asserted(Vec<Identity>);

/// Why a partner has named nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidAssertion {
    /// Nothing is given.
    #[error("name the user by userId, email or phone")]
    Nobody,
    /// The member of this name is no such identity.
    #[error("`{0}`: {1}")]
    Member(&'static str, InvalidIdentity),
}

impl Asserted {
    /// The user with these identities, as a partner wrote them.
    ///
    /// # Errors
    /// [`InvalidAssertion`].
    pub fn parse(
        user_id: Option<&str>,
        email: Option<&str>,
        phone: Option<&str>,
    ) -> Result<Self, InvalidAssertion> {
        let named = [
            ("userId", IdentityType::UserId, user_id),
            ("email", IdentityType::Email, email),
            ("phone", IdentityType::Phone, phone),
        ];
        let mut identities = Vec::new();
        for (name, kind, text) in named {
            if let Some(text) = text {
                let identity = Identity::parse(kind, text);
                identities.push(identity.map_err(|error| InvalidAssertion::Member(name, error))?);
            }
        }
        Self::from_normalised(identities).ok_or(InvalidAssertion::Nobody)
    }

    /// What was parsed once and sealed; `None` unless it is one of each type at most, in
    /// their order.
    #[must_use]
    pub fn from_normalised(identities: Vec<Identity>) -> Option<Self> {
        let mut ranks = RANKED.into_iter();
        let ordered = identities
            .iter()
            .all(|identity| ranks.any(|kind| kind == identity.kind()));
        (ordered && !identities.is_empty()).then_some(Self(identities))
    }

    /// The identities, the one that counts most first.
    #[must_use]
    pub fn identities(&self) -> &[Identity] {
        &self.0
    }

    /// The value of the identity of this type.
    #[must_use]
    pub fn value(&self, kind: IdentityType) -> Option<&str> {
        let mut identities = self.0.iter();
        let found = identities.find(|identity| identity.kind() == kind);
        found.map(Identity::value)
    }
}

/// A user who has one of the identities, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownUser {
    /// Its id.
    pub id: UserId,
    /// Its epoch.
    pub epoch: Epoch,
    /// Whether it may sign in.
    pub status: UserStatus,
    /// Whether it has a password that nobody proved to be its own: it was set when nothing
    /// of the user was proved.
    pub unproved_password: bool,
    /// Its identities: what was proved last first, then the oldest.
    pub identities: Vec<Identity>,
    /// When each of them was proved, if it was.
    pub proved_at: Vec<Option<Timestamp>>,
}

impl KnownUser {
    /// Whether proving this identity at `now` would say nothing new: of its type it is the one
    /// that was proved last, and less than a day ago. So who comes back all the time is written
    /// once a day, and which of several was proved last is known all the same.
    #[must_use]
    pub fn is_proved(&self, identity: &Identity, now: Timestamp) -> bool {
        let mut proved = std::iter::zip(&self.identities, &self.proved_at);
        let last = proved.find(|(one, _)| one.kind() == identity.kind());
        let holds = |at: Timestamp| now.since(at) < PROOF_HOLDS;
        last.is_some_and(|(last, at)| last == identity && at.is_some_and(holds))
    }

    /// Whether it has an identity of this type.
    #[must_use]
    pub fn has(&self, kind: IdentityType) -> bool {
        let mut identities = self.identities.iter();
        identities.any(|identity| identity.kind() == kind)
    }
}

/// Whom the asserted identities mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Whom<'a> {
    /// The user; `None` where one is to be created.
    pub user: Option<&'a KnownUser>,
    /// What the user has already: the partner proves it.
    pub has: Vec<Identity>,
    /// What nobody has, and the user gets.
    pub gets: Vec<Identity>,
    /// What another user has, and keeps: nobody is merged, and nobody's address is taken.
    pub elsewhere: Vec<IdentityType>,
}

/// Decides whom a partner means.
///
/// The first of `user_id`, e-mail and phone that somebody has names the user. What stands
/// before it is unknown and joins that user, if the user has none of that type; if the user
/// has another, the partner means somebody new. `known` are the users who have any of them.
#[must_use]
pub fn resolve<'a>(asserted: &Asserted, known: &'a [KnownUser]) -> Whom<'a> {
    let owner = |identity: &Identity| known.iter().find(|u| u.identities.contains(identity));
    let identities = asserted.identities();
    let first = identities
        .iter()
        .position(|identity| owner(identity).is_some());
    let before = &identities[..first.unwrap_or(0)];
    let user = first
        .and_then(|first| owner(&identities[first]))
        .filter(|user| before.iter().all(|new| !user.has(new.kind())));

    let mut whom = Whom {
        user,
        has: Vec::new(),
        gets: Vec::new(),
        elsewhere: Vec::new(),
    };
    for identity in identities {
        match (owner(identity), user) {
            (None, _) => whom.gets.push(identity.clone()),
            (Some(owner), Some(user)) if owner.id == user.id => whom.has.push(identity.clone()),
            (Some(_), _) => whom.elsewhere.push(identity.kind()),
        }
    }
    whom
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn identities(text: &str) -> Vec<Identity> {
        let words = text.split_whitespace();
        words
            .map(|word| word.parse().expect("an identity"))
            .collect()
    }

    fn user(number: u8, has: &str) -> KnownUser {
        let identities = identities(has);
        KnownUser {
            id: UserId::from_bytes([number; 16]),
            epoch: Epoch::FIRST,
            status: UserStatus::Active,
            unproved_password: false,
            proved_at: vec![None; identities.len()],
            identities,
        }
    }

    #[test]
    fn a_proof_holds_for_a_day_where_no_other_of_its_type_is_newer() {
        let at = |hours: u64| Timestamp::UNIX_EPOCH.plus(Duration::from_secs(hours * 60 * 60));
        let known = KnownUser {
            proved_at: vec![Some(at(10)), Some(at(9)), None],
            ..user(
                1,
                "email:b@x.example email:a@x.example phone:+5491122334455",
            )
        };
        let is_proved =
            |identity: &str, now| known.is_proved(&identity.parse().expect("an identity"), now);
        assert!(is_proved("email:b@x.example", at(11)));
        assert!(!is_proved("email:b@x.example", at(34)), "a day ago");
        assert!(is_proved("email:b@x.example", at(8)), "a later proof stays");
        assert!(!is_proved("email:a@x.example", at(11)), "another is newer");
        assert!(!is_proved("phone:+5491122334455", at(11)), "never proved");
        assert!(!is_proved("user_id:7", at(11)), "not the user's");
    }

    /// What is asserted, who is known, and then: whom it means (0: somebody new), what that
    /// one gets, and what stays elsewhere.
    #[rstest]
    #[case::nobody_known("email:a@x.example", &[], 0, "email:a@x.example", "")]
    #[case::all_new("user_id:7 email:a@x.example", &[], 0, "user_id:7 email:a@x.example", "")]
    #[case::known("email:a@x.example", &["email:a@x.example"], 1, "", "")]
    #[case::all_of_one("user_id:7 email:a@x.example", &["user_id:7 email:a@x.example"], 1, "", "")]
    #[case::user_id_joins("user_id:7 email:a@x.example", &["email:a@x.example"], 1, "user_id:7", "")]
    #[case::user_id_of_another("user_id:7 email:a@x.example", &["user_id:8 email:a@x.example"], 0, "user_id:7", "email")]
    #[case::email_joins("user_id:7 email:b@x.example", &["user_id:7 email:a@x.example"], 1, "email:b@x.example", "")]
    #[case::email_of_another("user_id:7 email:a@x.example", &["user_id:7", "email:a@x.example"], 1, "", "email")]
    #[case::the_same_the_other_way_round("user_id:7 email:a@x.example", &["email:a@x.example", "user_id:7"], 2, "", "email")]
    #[case::three_users("user_id:7 email:a@x.example phone:+5491122334455", &["phone:+5491122334455", "email:a@x.example", "user_id:7"], 3, "", "email phone")]
    #[case::phone_stays_behind_email("email:a@x.example phone:+5491122334455", &["phone:+5491122334455", "email:a@x.example"], 2, "", "phone")]
    #[case::email_joins_the_phones_user("email:a@x.example phone:+5491122334455", &["phone:+5491122334455"], 1, "email:a@x.example", "")]
    #[case::but_not_one_with_another("email:a@x.example phone:+5491122334455", &["email:b@x.example phone:+5491122334455"], 0, "email:a@x.example", "phone")]
    #[case::both_join("user_id:7 email:a@x.example phone:+5491122334455", &["phone:+5491122334455"], 1, "user_id:7 email:a@x.example", "")]
    #[case::or_neither("user_id:7 email:a@x.example phone:+5491122334455", &["email:b@x.example phone:+5491122334455"], 0, "user_id:7 email:a@x.example", "phone")]
    #[case::a_username_does_not_matter("user_id:7 email:a@x.example", &["username:ana email:a@x.example"], 1, "user_id:7", "")]
    fn the_first_that_somebody_has_wins(
        #[case] asserted: &str,
        #[case] known: &[&str],
        #[case] means: u8,
        #[case] gets: &str,
        #[case] elsewhere: &str,
    ) {
        let asserted = Asserted::from_normalised(identities(asserted)).expect("identities");
        let known: Vec<_> = (1..).zip(known).map(|(n, has)| user(n, has)).collect();
        let whom = resolve(&asserted, &known);
        let number = whom.user.map_or(0, |user| user.id.as_bytes()[0]);
        let kinds: Vec<_> = whom.elsewhere.iter().map(|kind| kind.as_str()).collect();
        assert_eq!((number, whom.gets), (means, identities(gets)));
        assert_eq!(kinds.join(" "), elsewhere);
        let rest = asserted.identities().len() - kinds.len() - identities(gets).len();
        assert_eq!(whom.has.len(), rest);
    }

    #[test]
    fn a_partner_names_somebody_by_what_is_an_identity() {
        assert_eq!(
            Asserted::parse(None, None, None),
            Err(InvalidAssertion::Nobody)
        );
        let error = Asserted::parse(Some("7"), Some("x"), None).expect_err("no address");
        assert_eq!(
            error,
            InvalidAssertion::Member("email", InvalidIdentity::Email)
        );
        let asserted = Asserted::parse(Some("7"), Some("A@X.example"), Some("+54 9 11 2233 4455"));
        let expected = identities("user_id:7 email:a@x.example phone:+5491122334455");
        assert_eq!(asserted.expect("three identities").0, expected);
    }

    #[test]
    fn there_is_one_of_each_type_in_their_order() {
        for bad in [
            "",
            "username:ana",
            "email:a@x.example user_id:7",
            "user_id:7 user_id:8",
        ] {
            assert!(
                Asserted::from_normalised(identities(bad)).is_none(),
                "{bad}"
            );
        }
    }
}

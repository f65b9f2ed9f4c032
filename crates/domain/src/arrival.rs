//! Users who come from another system, and whether they are here already.

use crate::id::UserId;

/// What becomes of a user who comes from another system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// Nobody has any of its identities: it is added.
    New,
    /// One user has them all: it came before, and stays as it is now.
    AlreadyThere,
    /// Another user has one of them.
    Taken,
}

/// Decides by who has each of its identities now.
#[must_use]
pub fn arrival(owners: &[Option<UserId>]) -> Arrival {
    match owners.iter().flatten().next() {
        None => Arrival::New,
        Some(owner) if owners.iter().all(|other| other.as_ref() == Some(owner)) => {
            Arrival::AlreadyThere
        }
        Some(_) => Arrival::Taken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_all_of_ones_identities_is_the_same_user_and_nobody_else() {
        let (one, other) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        for (owners, expected) in [
            (vec![None], Arrival::New),
            (vec![None, None], Arrival::New),
            (vec![Some(one)], Arrival::AlreadyThere),
            (vec![Some(one), Some(one)], Arrival::AlreadyThere),
            (vec![Some(one), None], Arrival::Taken),
            (vec![None, Some(one)], Arrival::Taken),
            (vec![Some(one), Some(other)], Arrival::Taken),
        ] {
            assert_eq!(arrival(&owners), expected, "{owners:?}");
        }
    }
}

//! Whom is asked for.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use serde_json::{Value, json};

use crate::Error;
use crate::server::password_hash;

/// What the server knows of somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Who {
    /// A user.
    Known,
    /// There is no such user.
    Nobody,
    /// A user who is locked.
    Locked,
}

impl Who {
    const ALL: [Self; 3] = [Self::Known, Self::Nobody, Self::Locked];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Nobody => "nobody",
            Self::Locked => "locked",
        }
    }
}

/// Somebody, or nobody.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) who: Who,
    /// Counted among their kind, from 0.
    pub(super) number: u32,
    /// The log-in that was begun for them last.
    pub(super) log_in: String,
}

impl Person {
    /// So many of each kind.
    pub(super) fn of_each_kind(people: u32) -> Vec<Self> {
        let each = |number| {
            Who::ALL.map(|who| Self {
                who,
                number,
                log_in: String::new(),
            })
        };
        (0..people).flat_map(each).collect()
    }

    /// The address. Those of all kinds are of one length and lie beside each other, so that
    /// nothing else tells them apart either.
    pub(super) fn address(&self) -> String {
        let kinds = Who::ALL.len() as u32;
        let number = self.number * kinds + self.who as u32;
        format!("p{number:07}@example.org")
    }
}

/// What is imported of so many of each kind. All have one hash, and their addresses are proved.
pub(super) fn users(people: u32) -> Result<impl Iterator<Item = Value>, Error> {
    let hash = password_hash()?;
    let users = Person::of_each_kind(people).into_iter();
    let users = users.filter(|person| person.who != Who::Nobody);
    Ok(users.map(move |person| {
        json!({
            "email": person.address(),
            "password_hash": hash,
            "proved": true,
            "locked": person.who == Who::Locked,
        })
    }))
}

/// Puts people into an order in which each is as likely as any other.
pub(super) fn shuffle(people: &mut [Person], order: &mut ChaCha8Rng) {
    for last in (1..people.len()).rev() {
        // Of 2^64 the remainder favours nobody in any way that could be measured.
        let drawn = order.next_u64() % (last as u64 + 1);
        people.swap(last, drawn as usize);
    }
}

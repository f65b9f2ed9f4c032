//! Proof of work: demanded where a limit is near, and taken once.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use countersign_domain::page::{PageState, Step};
use countersign_domain::token::BrowserMark;
use countersign_domain::work::{Form, LIFE, Proof, Puzzle, SALT_BYTES, WAIT};
use countersign_domain::{Caller, Timestamp};
use parking_lot::Mutex;

use crate::limits::{Use, network};
use crate::{Service, Site};

/// Proofs that are remembered at once, which is as many as a flood can bring in some minutes.
const REMEMBERED: usize = 100_000;

/// What a form of proof of work carries.
#[derive(Clone, Debug)]
pub struct Work {
    /// What is to be found.
    pub puzzle: Puzzle,
    /// The same sealed, for the form to bring back with what was found.
    pub state: String,
}

/// Why a proof of work is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WorkRefusal {
    /// It is none, or of another form, or was used; another is to be made.
    #[error("it proves nothing")]
    NoProof,
    /// Nothing was computed, and the wait is not over.
    #[error("the wait is over in {} s", .0.as_secs())]
    TooEarly(Duration),
}

/// The proofs that were used, until they would be refused anyway.
#[derive(Default)]
pub(crate) struct Spent(Mutex<Salts>);

#[derive(Default)]
struct Salts {
    known: HashSet<[u8; SALT_BYTES]>,
    by_end: BTreeSet<(Timestamp, [u8; SALT_BYTES])>,
}

impl Spent {
    /// Remembers a proof; whether it was not used before. Where too many are remembered none is
    /// taken: to forget one would let it in again.
    fn spend(&self, salt: [u8; SALT_BYTES], ends: Timestamp, now: Timestamp) -> bool {
        let salts = &mut *self.0.lock();
        while let Some(&(end, first)) = salts.by_end.first()
            && end <= now
        {
            salts.by_end.pop_first();
            salts.known.remove(&first);
        }
        if salts.known.len() >= REMEMBERED || !salts.known.insert(salt) {
            return false;
        }
        salts.by_end.insert((ends, salt))
    }
}

/// As what it is counted when a form is submitted.
fn counted_as(form: Form) -> Use {
    match form {
        Form::Send => Use::Send,
        Form::Password => Use::Guess,
    }
}

impl Service {
    /// Whether what this form does is near a limit, so that it takes a proof of work. Where
    /// limits are only tried out it never does.
    #[must_use]
    pub fn demands_work(&self, caller: &Caller, site: &Site, form: Form) -> bool {
        let (network, now) = (network(caller), self.inner.clock.uptime());
        let limits = &site.settings.limits;
        let what = counted_as(form);
        let near = self
            .inner
            .node
            .is_near(what, network, &site.partner, limits, now);
        near && !limits.dry_run
    }

    /// Fresh work for a form, bound to one browser.
    #[must_use]
    pub fn work(&self, site: &Site, browser: BrowserMark, form: Form) -> Work {
        let puzzle = Puzzle::generate(&*self.inner.entropy);
        let now = self.now();
        let state = self.seal_state(&PageState {
            partner: site.partner.clone(),
            browser,
            return_to: String::new(),
            locale: None,
            expires_at: now.plus(LIFE),
            step: Step::Working {
                form,
                puzzle,
                ready_at: now.plus(WAIT),
            },
        });
        let state = state.expose().to_owned();
        Work { puzzle, state }
    }

    /// Takes a proof of work, once. `state` is that of its form, checked already.
    ///
    /// # Errors
    /// [`WorkRefusal`].
    pub fn take_work(
        &self,
        caller: &Caller,
        state: &PageState,
        form: Form,
        proof: &Proof,
    ) -> Result<(), WorkRefusal> {
        let Step::Working {
            form: made_for,
            puzzle,
            ready_at,
        } = &state.step
        else {
            return Err(WorkRefusal::NoProof);
        };
        let now = self.now();
        if *made_for != form {
            return Err(WorkRefusal::NoProof);
        }
        match proof {
            Proof::Number(number) if puzzle.is_solved_by(*number) => {}
            Proof::Number(_) => return Err(WorkRefusal::NoProof),
            Proof::Wait if now < *ready_at => {
                return Err(WorkRefusal::TooEarly(ready_at.since(now)));
            }
            Proof::Wait => {
                if let Some(network) = network(caller) {
                    let waited = self
                        .inner
                        .node
                        .take_wait(network, self.inner.clock.uptime());
                    waited.map_err(WorkRefusal::TooEarly)?;
                }
            }
        }
        let first = self.inner.spent.spend(puzzle.salt, state.expires_at, now);
        first.then_some(()).ok_or(WorkRefusal::NoProof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_spent_once_and_forgotten_when_it_is_over() {
        let (spent, at) = (Spent::default(), Timestamp::from_micros);
        assert!(spent.spend([1; SALT_BYTES], at(10), at(0)));
        assert!(!spent.spend([1; SALT_BYTES], at(10), at(9)));
        assert!(spent.spend([2; SALT_BYTES], at(20), at(9)));
        assert!(spent.spend([3; SALT_BYTES], at(20), at(10)));
        assert_eq!(spent.0.lock().known.len(), 2);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_is_forgotten_for_it() {
        let (spent, at) = (Spent::default(), Timestamp::from_micros);
        let salt = |number: usize| (number as u128).to_be_bytes();
        for number in 0..REMEMBERED {
            assert!(spent.spend(salt(number), at(10), at(0)));
        }
        assert!(!spent.spend(salt(REMEMBERED), at(10), at(0)));
        assert!(!spent.spend(salt(0), at(10), at(0)));
        assert!(spent.spend(salt(REMEMBERED), at(20), at(10)));
    }
}

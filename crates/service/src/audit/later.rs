//! Refusals that wait to be written, and those that are only counted.

use std::collections::{HashMap, VecDeque};

use countersign_domain::audit::{Action, Actor, Entry, Event, Reason};
use countersign_domain::id::AnyId;
use countersign_store::{Batch, StoreError, audit};
use parking_lot::Mutex;

use crate::Service;

/// Entries that wait at most; what is refused beyond that is counted.
const MOST: usize = 10_000;
/// Entries that are written in one unit of work.
const GROUP: usize = 200;
/// Refusals of one user or key that are written in an hour; what is refused beyond that is
/// counted. A client that goes on with a dead token must not fill the disk.
const OF_ONE: u32 = 1000;
/// The same of a challenge for nobody we know, and of all such: whoever wants one begins it.
const OF_A_CHALLENGE: u32 = 20;
const OF_CHALLENGES: u32 = 5000;
/// Users, keys and challenges of which refusals are followed one by one within an hour.
const FOLLOWED: usize = 100_000;

/// Refusals on their way.
#[derive(Default)]
pub(crate) struct Later {
    state: Mutex<State>,
    /// Held while they are written: one after the other, so that none is written twice.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Entry>,
    /// How many of one user, key or challenge were written since the counts were.
    written: HashMap<AnyId, u32>,
    /// How many of all challenges for nobody we know.
    of_challenges: u32,
    counts: HashMap<(Action, Reason, Option<AnyId>), Count>,
    full: bool,
}

/// Refusals of one kind that were counted.
struct Count {
    number: u64,
    /// One of them, for what they have in common.
    event: Event,
}

impl Later {
    /// Takes a refusal that is tied to somebody.
    pub(super) fn push(&self, event: &Event, entry: Entry) {
        let mut state = self.state.lock();
        let tie = tie(event);
        if state.may_write(tie) {
            state.waiting.push_back(entry);
        } else {
            let known = tie.and_then(|tie| match tie {
                Tie::Known(id) => Some(id),
                Tie::Challenge(_) => None,
            });
            let known =
                known.filter(|id| state.written.contains_key(id) || state.counts.len() < FOLLOWED);
            state.count(event, known);
        }
    }

    /// Counts a refusal that is tied to nobody.
    pub(super) fn count(&self, action: Action, reason: Reason) {
        let event = Event::refused(action, reason, Actor::Anyone);
        self.state.lock().count(&event, None);
    }

    /// How many entries wait.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().waiting.len()
    }

    fn front(&self) -> Vec<Entry> {
        let state = self.state.lock();
        state.waiting.iter().take(GROUP).cloned().collect()
    }

    fn written(&self, count: usize) {
        let mut state = self.state.lock();
        state.waiting.drain(..count);
        state.full = false;
    }

    /// The counts since they were last taken, each as an event.
    fn take_counts(&self) -> Vec<Event> {
        let mut state = self.state.lock();
        state.written.clear();
        state.of_challenges = 0;
        let counts = std::mem::take(&mut state.counts);
        let events = counts
            .into_iter()
            .map(|((action, reason, _), count)| Event {
                action: Action::RefusalsCounted,
                reason: Some(reason),
                actor: Actor::Server,
                detail: Some(format!("{} {action}", count.number)),
                ..count.event
            });
        events.collect()
    }
}

impl State {
    /// Whether one more refusal of this one may be written, which counts as written then.
    fn may_write(&mut self, tie: Option<Tie>) -> bool {
        let (id, most) = match tie {
            Some(Tie::Known(id)) => (id, OF_ONE),
            Some(Tie::Challenge(id)) if self.of_challenges < OF_CHALLENGES => (id, OF_A_CHALLENGE),
            Some(Tie::Challenge(_)) | None => return false,
        };
        if self.written.len() >= FOLLOWED && !self.written.contains_key(&id) {
            return false;
        }
        if self.waiting.len() >= MOST {
            if !self.full {
                tracing::error!("refusals come faster than they are written; they are counted");
            }
            self.full = true;
            return false;
        }
        let written = self.written.entry(id).or_default();
        if *written >= most {
            return false;
        }
        *written += 1;
        if let Some(Tie::Challenge(_)) = tie {
            self.of_challenges += 1;
        }
        true
    }

    fn count(&mut self, event: &Event, tie: Option<AnyId>) {
        let Some(reason) = event.reason else {
            return;
        };
        let count = self.counts.entry((event.action, reason, tie));
        let count = count.or_insert_with(|| Count {
            number: 0,
            event: match tie {
                Some(_) => event.clone(),
                None => Event::refused(event.action, reason, Actor::Server),
            },
        });
        count.number += 1;
    }
}

/// Whom a refusal is tied to.
#[derive(Clone, Copy)]
enum Tie {
    /// A user or an API key.
    Known(AnyId),
    /// A challenge, or anything else, for nobody we know.
    Challenge(AnyId),
}

fn tie(event: &Event) -> Option<Tie> {
    let key = match event.actor {
        Actor::ApiKey(_) => event.actor.id(),
        _ => None,
    };
    let user = event.user.map(|user| AnyId::from_bytes(*user.as_bytes()));
    let known = key.or(user).map(Tie::Known);
    known.or_else(|| Some(Tie::Challenge(event.subject?.id())))
}

impl Service {
    /// Writes the refusals that wait.
    ///
    /// # Errors
    /// [`StoreError`]; what could not be written waits on.
    pub async fn write_audit(&self) -> Result<(), StoreError> {
        let later = &self.inner.later;
        let _one = later.writing.lock().await;
        loop {
            let group = later.front();
            if group.is_empty() {
                return Ok(());
            }
            let key = &self.inner.ledger.key;
            let steps = group
                .iter()
                .map(|entry| audit::insert_again(entry, &key.of_entry(entry)));
            self.commit(steps.collect()).await?;
            later.written(group.len());
        }
    }

    /// Writes how many refusals were counted since this was last done: a row for each kind.
    ///
    /// # Errors
    /// [`StoreError`]; what could not be written is lost.
    pub async fn write_refusal_counts(&self) -> Result<(), StoreError> {
        let now = self.now();
        let caller = self.inner.ledger.local_caller(now);
        let events = self.inner.later.take_counts();
        for group in events.chunks(GROUP) {
            let steps = group.iter().cloned();
            let steps = steps.map(|event| self.record(&caller, event, now));
            self.commit(steps.collect::<Batch>()).await?;
        }
        Ok(())
    }

    /// Writes and seals all that was decided: for the end, and for who wants to see it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_audit(&self) -> Result<(), StoreError> {
        self.write_audit().await?;
        self.write_refusal_counts().await?;
        self.seal_audit().await?;
        self.say_audit_head().await
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::audit::{Addresses, Subject};
    use countersign_domain::id::{AuthenticationId, EntryId, RequestId, UserId};
    use countersign_domain::{Caller, SystemEntropy, Timestamp};

    use super::*;

    fn refused(reason: Reason) -> Event {
        Event::refused(Action::LogIn, reason, Actor::Anyone)
    }

    fn push(later: &Later, event: Event) {
        let caller = Caller::local(RequestId::NIL);
        let (id, at) = (EntryId::NIL, Timestamp::UNIX_EPOCH);
        let entry = Entry::new(id, &caller, event.clone(), Addresses::None, at);
        later.push(&event, entry);
    }

    fn waiting(later: &Later) -> usize {
        later.state.lock().waiting.len()
    }

    #[test]
    fn all_challenges_for_nobody_we_know_have_written_so_much_and_no_more() {
        let later = Later::default();
        let begin = || AuthenticationId::generate(Timestamp::UNIX_EPOCH, &SystemEntropy::default());
        for _ in 0..400 {
            let challenge = Subject::Challenge(begin());
            for _ in 0..OF_A_CHALLENGE {
                push(&later, refused(Reason::WrongCode).subject(challenge));
            }
        }
        assert_eq!(waiting(&later), OF_CHALLENGES as usize);
        // Nobody else has to wait for them.
        push(&later, refused(Reason::WrongPassword).user(UserId::NIL));
        assert_eq!(waiting(&later), OF_CHALLENGES as usize + 1);

        // And their counts are one row, whoever they were.
        let counts = later.take_counts();
        assert_eq!(counts.len(), 1);
        assert_eq!(counts[0].detail.as_deref(), Some("3000 log_in"));
        assert_eq!((counts[0].subject, counts[0].user), (None, None));
        push(
            &later,
            refused(Reason::WrongCode).subject(Subject::Challenge(begin())),
        );
        assert_eq!(waiting(&later), OF_CHALLENGES as usize + 2, "a new hour");
    }

    #[test]
    fn what_is_tied_to_nobody_is_counted() {
        let later = Later::default();
        push(&later, refused(Reason::WrongPassword));
        later.count(Action::LogIn, Reason::WrongPassword);
        later.count(Action::Exchange, Reason::UnknownToken);
        assert_eq!(waiting(&later), 0);
        let mut details: Vec<_> = later.take_counts().into_iter().map(|c| c.detail).collect();
        details.sort();
        let expected = ["1 exchange", "2 log_in"].map(|text| Some(text.to_owned()));
        assert_eq!(details, expected);
        assert!(later.take_counts().is_empty());
    }
}

//! Hashing passwords: Argon2id (RFC 9106), on as many threads as there are cores.
//!
//! Hashing is meant to be slow, so it is the first thing that a flood of log-ins exhausts.
//! Here it has threads of its own and a short queue; beyond that a log-in is told to come
//! back, and everything else goes on as before. Known devices have a queue of their own, so that
//! strangers who fill theirs keep nobody's device out. Hashes that other systems made are compared
//! with on the same threads.

mod imported;
mod kept;
#[cfg(test)]
mod tests;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use ::argon2::Params;
use countersign_domain::password::Password;
use countersign_domain::{Entropy, Secret};
use tokio::sync::{Semaphore, TryAcquireError, oneshot};

use kept::Kept;
use kept::argon2::Argon2Hash;
use threads::{Memory, Threads};

pub use imported::{FirebaseProject, ImportedHash};
pub use kept::HashRefusal;
pub(crate) use threads::Line;

/// Log-ins that wait for a thread at most.
const QUEUE: usize = 64;
/// Log-ins of known devices that wait for one at most.
const KNOWN_QUEUE: usize = 16;
/// How long each waits at most.
const PATIENCE: Duration = Duration::from_millis(500);
/// When to come back.
const COME_BACK: Duration = Duration::from_secs(2);
const SALT: usize = 16;
const OUTPUT: usize = 32;

/// What a password's hash costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// How many are computed at once.
    pub threads: usize,
}

/// The costs are not ones that Argon2 takes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("passwords cannot be hashed with these costs: {0}")]
pub struct InvalidCost(String);

/// Too many passwords wait to be hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overloaded;

impl<R> From<Overloaded> for crate::Failure<R> {
    fn from(_: Overloaded) -> Self {
        Self::Overloaded(COME_BACK)
    }
}

/// Whether a password is the one that was hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Verdict {
    pub(crate) matches: bool,
    /// Whether its hash was made by another system, or at other costs than those set now.
    pub(crate) outdated: bool,
}

/// Hashes passwords. Clones share the threads.
#[derive(Clone)]
pub struct Passwords {
    inner: Arc<Inner>,
}

struct Inner {
    params: Params,
    entropy: Arc<dyn Entropy>,
    threads: Threads,
    known: Queue,
    others: Queue,
    /// Compared with where there is no user or no password, so that it takes as long.
    nobody: Argon2Hash,
}

/// Those who wait, and those whose turn it is.
struct Queue {
    /// Places there are.
    all: usize,
    places: Arc<Semaphore>,
    permits: Arc<Semaphore>,
}

impl Queue {
    fn new(length: usize, threads: usize) -> Self {
        let all = length + threads;
        Self {
            all,
            places: Arc::new(Semaphore::new(all)),
            permits: Arc::new(Semaphore::new(threads)),
        }
    }

    /// Places that are taken.
    fn taken(&self) -> usize {
        self.all - self.places.available_permits()
    }
}

impl Passwords {
    /// Ready to hash at these costs. The threads are started when there is work.
    ///
    /// # Errors
    /// [`InvalidCost`] if Argon2 does not take them.
    pub fn new(cost: PasswordCost, entropy: Arc<dyn Entropy>) -> Result<Self, InvalidCost> {
        let params = Params::new(cost.memory_kib, cost.iterations, 1, Some(OUTPUT))
            .map_err(|error| InvalidCost(error.to_string()))?;
        let (salt, output) = (entropy.bytes::<SALT>(), entropy.bytes::<OUTPUT>());
        let nobody = Argon2Hash::ours(&params, salt.to_vec(), output.to_vec());
        let threads = cost.threads.max(1);
        Ok(Self {
            inner: Arc::new(Inner {
                params,
                nobody: nobody.map_err(|_| InvalidCost("they are too high".into()))?,
                threads: Threads::new(threads, threads::IDLE),
                known: Queue::new(KNOWN_QUEUE, threads),
                others: Queue::new(QUEUE, threads),
                entropy,
            }),
        })
    }

    /// The hash of a password, in PHC form.
    ///
    /// # Errors
    /// [`Overloaded`], where too many wait for theirs.
    pub async fn hash(&self, password: Password) -> Result<String, Overloaded> {
        let salt = self.inner.entropy.bytes::<SALT>().to_vec();
        let params = self.inner.params.clone();
        let made = self.run(Line::Others, move |memory| {
            Argon2Hash::make(password.as_bytes(), &params, salt, memory)
                .expect("a hash of these costs was made once already")
                .to_string()
        });
        made.await
    }

    /// Compares a password with the hash of a user's. Where there is no hash, none that is
    /// computed here, or no password that could be one, it takes as long as one of ours and
    /// does not match.
    pub(crate) async fn verify(
        &self,
        line: Line,
        password: Option<Password>,
        hash: Option<&str>,
    ) -> Result<Verdict, Overloaded> {
        let found = hash.and_then(|hash| Kept::parse(hash).ok());
        let real = found.is_some() && password.is_some();
        let kept = found.unwrap_or_else(|| Kept::Argon2(self.inner.nobody.clone()));
        let outdated = !matches!(&kept, Kept::Argon2(hash) if hash.is_of(&self.inner.params));
        let password = password.unwrap_or_else(empty);
        let matches = self.run(line, move |memory| {
            kept.matches(password.as_bytes(), memory)
        });
        Ok(Verdict {
            matches: matches.await? && real,
            outdated,
        })
    }

    /// How many are hashed or wait for it: those of known devices, and those of others.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.inner.known.taken(), self.inner.others.taken())
    }

    /// Has something computed, once a thread is free for it.
    async fn run<T: Send + 'static>(
        &self,
        line: Line,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let queue = match line {
            Line::Known => &self.inner.known,
            Line::Others => &self.inner.others,
        };
        let place = Arc::clone(&queue.places).try_acquire_owned();
        let place = place.map_err(|_: TryAcquireError| Overloaded)?;
        let permit = Arc::clone(&queue.permits).acquire_owned();
        let permit = tokio::time::timeout(PATIENCE, permit).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Overloaded);
        };
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |memory: &mut Memory| {
            // Whoever asked may leave; the thread is busy all the same until it is done.
            let _held = (place, permit);
            let _ = answer.send(work(memory));
        });
        self.inner.threads.run(line, job);
        answered.await.map_err(|_| Overloaded)
    }
}

fn empty() -> Password {
    Password::present(&Secret::new(String::new())).expect("an empty text is short enough")
}

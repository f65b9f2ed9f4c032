//! Hashing passwords: Argon2id (RFC 9106), on as many threads as there are cores.
//!
//! Hashing is meant to be slow, so it is the first thing that a flood of log-ins exhausts.
//! Here it has permits of its own and a short queue; beyond that a log-in is told to come
//! back, and everything else goes on as before.

use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use aws_lc_rs::constant_time;
use countersign_domain::password::Password;
use countersign_domain::{Entropy, Secret};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, TryAcquireError};

/// Log-ins that wait for a thread at most.
const QUEUE: usize = 64;
/// How long each waits at most.
const PATIENCE: Duration = Duration::from_millis(500);
/// When to come back.
const COME_BACK: Duration = Duration::from_secs(2);
/// A stored hash that asks for more than this is not computed: 128 MiB.
const MOST_MEMORY_KIB: u32 = 128 * 1024;
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
    /// Whether its hash was made at other costs than those set now.
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
    permits: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// Memory is touched once and used again: half of the time goes into fresh pages.
    memory: Mutex<Vec<Vec<Block>>>,
    /// Compared with where there is no user or no password, so that it takes as long.
    nobody: String,
}

impl Passwords {
    /// Ready to hash at these costs.
    ///
    /// # Errors
    /// [`InvalidCost`] if Argon2 does not take them.
    pub fn new(cost: PasswordCost, entropy: Arc<dyn Entropy>) -> Result<Self, InvalidCost> {
        let params = Params::new(cost.memory_kib, cost.iterations, 1, Some(OUTPUT))
            .map_err(|error| InvalidCost(error.to_string()))?;
        let salt = entropy.bytes::<SALT>();
        let nobody = phc(&params, &salt, &entropy.bytes::<OUTPUT>());
        Ok(Self {
            inner: Arc::new(Inner {
                params,
                nobody: nobody.ok_or_else(|| InvalidCost("they have no written form".into()))?,
                permits: Arc::new(Semaphore::new(cost.threads.max(1))),
                queue: Arc::new(Semaphore::new(QUEUE + cost.threads.max(1))),
                memory: Mutex::default(),
                entropy,
            }),
        })
    }

    /// The hash of a password, in PHC form.
    ///
    /// # Errors
    /// [`Overloaded`], where too many wait for theirs.
    pub async fn hash(&self, password: Password) -> Result<String, Overloaded> {
        let salt = self.inner.entropy.bytes::<SALT>();
        let params = self.inner.params.clone();
        let raw = self.compute(password, params, salt.to_vec()).await?;
        let written = phc(&self.inner.params, &salt, raw.expose());
        Ok(written.expect("these parameters were written once already"))
    }

    /// Compares a password with the hash of a user's. Where there is no hash, none that is
    /// ours, or no password that could be one, it takes as long and does not match.
    pub(crate) async fn verify(
        &self,
        password: Option<Password>,
        hash: Option<&str>,
    ) -> Result<Verdict, Overloaded> {
        let found = hash.and_then(parse);
        let real = found.is_some() && password.is_some();
        let nobody = || parse(&self.inner.nobody).expect("written by ourselves");
        let kept = found.unwrap_or_else(nobody);
        let password = password.unwrap_or_else(empty);
        let outdated = !same_cost(&kept.params, &self.inner.params);
        let computed = self.compute(password, kept.params, kept.salt).await?;
        let equal = constant_time::verify_slices_are_equal(computed.expose(), &kept.output);
        Ok(Verdict {
            matches: equal.is_ok() && real,
            outdated,
        })
    }

    async fn compute(
        &self,
        password: Password,
        params: Params,
        salt: Vec<u8>,
    ) -> Result<Secret<[u8; OUTPUT]>, Overloaded> {
        let place = Arc::clone(&self.inner.queue).try_acquire_owned();
        let place = place.map_err(|_: TryAcquireError| Overloaded)?;
        let permit = Arc::clone(&self.inner.permits).acquire_owned();
        let permit = tokio::time::timeout(PATIENCE, permit).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Overloaded);
        };
        let inner = Arc::clone(&self.inner);
        let computed = tokio::task::spawn_blocking(move || {
            // Whoever asked may leave; the thread is busy all the same until it is done.
            let _held = (place, permit);
            inner.compute(&password, params, &salt)
        });
        computed.await.map_err(|_| Overloaded)
    }
}

impl Inner {
    fn compute(&self, password: &Password, params: Params, salt: &[u8]) -> Secret<[u8; OUTPUT]> {
        let blocks = params.block_count();
        let mut memory = self.memory.lock().pop().unwrap_or_default();
        memory.resize(blocks.max(memory.len()), Block::default());
        let mut output = [0; OUTPUT];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                password.as_bytes(),
                salt,
                &mut output,
                &mut memory[..blocks],
            )
            .expect("lengths of password, salt and output were checked before");
        self.memory.lock().push(memory);
        Secret::new(output)
    }
}

struct Kept {
    params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

/// Reads a hash that we are ready to compute: Argon2id, of a memory that is not absurd.
fn parse(hash: &str) -> Option<Kept> {
    let hash = PasswordHash::new(hash).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let ours = hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && hash.version == Some(Version::V0x13.into())
        && params.m_cost() <= MOST_MEMORY_KIB
        && params.t_cost() <= 16
        && params.p_cost() == 1;
    let output = hash.hash?.as_bytes().to_vec();
    let salt = hash.salt?.to_vec();
    let fits = output.len() == OUTPUT && (8..=64).contains(&salt.len());
    // Parameters read from a hash carry its output's length along; ours say it themselves.
    let params = Params::new(params.m_cost(), params.t_cost(), 1, Some(OUTPUT)).ok()?;
    (ours && fits).then_some(Kept {
        params,
        salt,
        output,
    })
}

fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Option<String> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params.try_into().ok()?,
        salt: Some(argon2::password_hash::phc::Salt::new(salt).ok()?),
        hash: Some(argon2::password_hash::phc::Output::new(output).ok()?),
    };
    Some(hash.to_string())
}

fn same_cost(one: &Params, other: &Params) -> bool {
    (one.m_cost(), one.t_cost()) == (other.m_cost(), other.t_cost())
}

fn empty() -> Password {
    Password::present(&Secret::new(String::new())).expect("an empty text is short enough")
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use countersign_domain::SystemEntropy;

    use super::*;

    fn passwords(memory_kib: u32) -> Passwords {
        let cost = PasswordCost {
            memory_kib,
            iterations: 2,
            threads: 1,
        };
        Passwords::new(cost, Arc::new(SystemEntropy::default())).expect("costs within range")
    }

    fn password(text: &str) -> Password {
        Password::present(&Secret::new(text.to_owned())).expect("short")
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let passwords = passwords(64);
        let hash = passwords.hash(password("right")).await.expect("idle");
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{hash}");
        for (presented, kept, matches) in [
            (Some("right"), Some(hash.as_str()), true),
            (Some("wrong"), Some(hash.as_str()), false),
            (Some(""), None, false),
            (Some("right"), None, false),
            (Some("right"), Some("not a hash"), false),
            (None, Some(hash.as_str()), false),
        ] {
            let verdict = passwords.verify(presented.map(password), kept).await;
            assert_eq!(verdict.expect("idle").matches, matches, "{presented:?}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_other_costs_matches_and_is_outdated() {
        let hash = passwords(64).hash(password("right")).await.expect("idle");
        let verdict = passwords(128)
            .verify(Some(password("right")), Some(&hash))
            .await;
        let verdict = verdict.expect("idle");
        assert!(verdict.matches && verdict.outdated);
    }

    #[tokio::test]
    async fn a_hash_that_asks_for_too_much_is_not_computed() {
        let hash = passwords(64).hash(password("right")).await.expect("idle");
        let greedy = hash.replace("m=64", "m=4194304");
        let verdict = passwords(64)
            .verify(Some(password("right")), Some(&greedy))
            .await;
        assert!(!verdict.expect("idle").matches);
    }

    /// A hash that would match if it were computed.
    async fn matches_its_own(memory_kib: u32, iterations: u32) -> bool {
        let cost = PasswordCost {
            memory_kib,
            iterations,
            threads: 1,
        };
        let greedy = Passwords::new(cost, Arc::new(SystemEntropy::default()));
        let hash = greedy.expect("in range").hash(password("right")).await;
        let verdict = passwords(64)
            .verify(Some(password("right")), Some(&hash.expect("idle")))
            .await;
        verdict.expect("idle").matches
    }

    #[tokio::test]
    async fn a_hash_is_computed_up_to_its_bounds_and_not_beyond() {
        assert!(matches_its_own(131_072, 1).await, "128 MiB");
        assert!(!matches_its_own(131_073, 1).await);
        assert!(matches_its_own(64, 16).await);
        assert!(!matches_its_own(64, 17).await);
    }

    /// Were the permit given back with the request, those who leave would start as many
    /// threads as they like.
    #[tokio::test]
    async fn a_thread_is_taken_until_it_is_done_though_nobody_waits() {
        let passwords = passwords(19_456);
        {
            let left = std::pin::pin!(passwords.verify(None, None));
            assert!(
                left.poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
        }
        assert_eq!(passwords.inner.permits.available_permits(), 0);
        assert!(passwords.verify(None, None).await.is_ok());
    }

    #[tokio::test]
    async fn beyond_the_queue_a_log_in_is_told_to_come_back() {
        let passwords = passwords(19_456);
        let waiting = (0..QUEUE + 40).map(|_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.verify(None, None).await })
        });
        let mut overloaded = 0;
        for task in waiting.collect::<Vec<_>>() {
            overloaded += usize::from(task.await.expect("no panic").is_err());
        }
        assert!(overloaded >= 39, "{overloaded}");
        assert!(passwords.verify(None, None).await.is_ok());
    }
}

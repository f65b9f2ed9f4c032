//! What Countersign does: one use case a file, named by its verb.
//!
//! Each reads top to bottom: load, decide (in `domain`), commit one batch. The API, the
//! command line and the jobs all call these, and hold no rule of their own.

mod answer_challenge;
mod api_keys;
pub mod audit;
mod begin_challenge;
pub mod breached;
mod choose_password;
mod credential;
pub mod delivery;
mod devices;
mod end_session;
mod end_user_sessions;
mod failure;
mod forward_auth;
mod introspect;
mod jobs;
mod keys;
mod last_seen;
mod limits;
mod live;
mod log_in;
mod make_link;
mod mint;
mod open_session;
pub mod operator;
mod pages;
mod partners;
mod passwords;
mod redeem;
mod request_password_reset;
mod reset_password;
mod send;
mod send_again;
mod show_authentication;
mod show_challenge;
mod sign_in;
mod sign_out;
mod sms_budget;
mod verify;
mod view;
mod vitals;
mod work;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::audit::Policy;
use countersign_domain::id::{DeviceId, RequestId, RequestIds};
use countersign_domain::key::MasterKey;
use countersign_domain::limits::{LimitKey, NodeLimits};
use countersign_domain::partner::PartnerSettings;
use countersign_domain::sms::Budget;
use countersign_domain::{Clock, Entropy, Timestamp};
use countersign_store::{Batch, Outcome, Store, WorkDone, feed};
use parking_lot::Mutex;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

pub use answer_challenge::Answer;
pub use breached::Breached;
pub use countersign_store::StoreError;
pub use credential::Credential;
pub use devices::{ListedDevice, SignOutDeviceRefusal};
pub use end_user_sessions::EndUserSessionsRefusal;
pub use failure::Failure;
pub use keys::{
    RotateError, StartError, check_master_key, rotate as rotate_keys, settle_master_key,
};
pub use log_in::{LogIn, LogInRefusal, Proof};
pub use make_link::{Link, LinkRequest, MakeLinkRefusal};
pub use mint::{MintRefusal, Minted, NamedUser};
pub use open_session::{ExchangeRequest, OpenedSession};
pub use pages::{Departure, Held, Recognised, Recognition};
pub use partners::{Partners, Site};
pub use passwords::{
    FirebaseProject, HashRefusal, ImportedHash, Overloaded, PasswordCost, Passwords,
};
pub use redeem::{Examined, Redeem, RedeemWithKeyRefusal, SignedIn};
pub use request_password_reset::{RequestPasswordReset, RequestResetRefusal};
pub use reset_password::ResetPasswordRefusal;
pub use show_authentication::NotTheHolder;
pub use show_challenge::{BeginAgain, Standing};
pub use sign_out::SignOutRefusal;
pub use verify::{InvalidSession, REVOCATION_BOUND};
pub use view::AuthenticationView;
pub use vitals::Vitals;
pub use work::{Work, WorkRefusal};

use audit::Ledger;
use delivery::{Delivery, Queue};

/// Everything a node does. Clones share it.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    passwords: Passwords,
    breached: Breached,
    partners: Partners,
    ledger: Ledger,
    later: audit::Later,
    /// How long the audit is kept.
    retention: Duration,
    keys: keys::Keys,
    live: live::Live,
    api_keys: api_keys::ApiKeys,
    stand_ins: forward_auth::StandIns,
    last_seen: last_seen::LastSeen<DeviceId>,
    floor: Mutex<Option<jobs::Floor>>,
    delivery: Delivery,
    queue: Queue,
    /// What SMS may cost; nothing where none is charged for.
    sms: Option<Budget>,
    limit_key: LimitKey,
    node: limits::Node,
    spent: work::Spent,
    request_ids: RequestIds,
    steadiness: Mutex<jobs::Steadiness>,
    work: TaskTracker,
}

/// What a service is made of.
pub struct Parts {
    /// Where it keeps things.
    pub store: Store,
    /// Where its time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where its randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// The key under which the sealing keys are wrapped.
    pub master_key: MasterKey,
    /// What holds for a partner that sets nothing itself.
    pub defaults: PartnerSettings,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// The passwords that leaked somewhere, which nobody may choose.
    pub breached: Breached,
    /// How messages reach people.
    pub delivery: Delivery,
    /// What SMS may cost; nothing where none is charged for.
    pub sms: Option<Budget>,
    /// How the audit is kept.
    pub audit: Policy,
    /// What a node takes, over all partners.
    pub limits: NodeLimits,
}

impl Service {
    /// Loads what a node must know before it answers: partners, keys (made, if there are
    /// none yet) and live revocations.
    ///
    /// # Errors
    /// [`StartError`], with what to do about it.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let partners = Partners::load(&parts.store, parts.defaults).await?;
        let (clock, entropy) = (parts.clock, parts.entropy);
        let ledger = Ledger::new(
            &parts.master_key,
            parts.audit.addresses,
            Arc::clone(&entropy),
        );
        let limit_key = parts.master_key.limit_key();
        let keys = keys::Keys::start(&parts.store, parts.master_key, &*clock, &*entropy).await?;
        let request_ids = RequestIds::new(&*clock, &*entropy);
        let steadiness = jobs::Steadiness::new(clock.now(), clock.uptime());
        let service = Self {
            inner: Arc::new(Inner {
                store: parts.store,
                clock,
                entropy,
                passwords: parts.passwords,
                breached: parts.breached,
                partners,
                ledger,
                later: audit::Later::default(),
                retention: parts.audit.retention,
                keys,
                live: live::Live::default(),
                api_keys: api_keys::ApiKeys::default(),
                stand_ins: forward_auth::StandIns::default(),
                last_seen: last_seen::LastSeen::default(),
                floor: Mutex::default(),
                delivery: parts.delivery,
                queue: Queue::default(),
                sms: parts.sms,
                limit_key,
                node: limits::Node::new(parts.limits),
                spent: work::Spent::default(),
                request_ids,
                steadiness: Mutex::new(steadiness),
                work: TaskTracker::new(),
            }),
        };
        let (store, now) = (&service.inner.store, service.now());
        service.inner.api_keys.reload(store, now).await?;
        service.poll_feed().await?;
        Ok(service)
    }

    /// A fresh id for a request that came at this [`uptime`](Self::uptime).
    #[must_use]
    pub fn request_id(&self, uptime: Duration) -> RequestId {
        self.inner.request_ids.next(uptime)
    }

    /// What messages are sent with.
    #[must_use]
    pub fn delivery(&self) -> &Delivery {
        &self.inner.delivery
    }

    /// Runs `work` to its end even if whoever waits for it leaves: a client that hangs up
    /// must not keep a guess from being counted.
    async fn finish<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        // In the request's span, so that what it logs has the request's id.
        match self.inner.work.spawn(work.in_current_span()).await {
            Ok(done) => done,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is going, and whoever waits here with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Says that this node stops: from now on it is not ready.
    pub fn stop(&self) {
        self.inner.work.close();
    }

    /// Waits for all work that goes on behind requests that were given up.
    pub async fn finish_all(&self) {
        self.inner.work.close();
        self.inner.work.wait().await;
    }

    /// Closes the store, once nobody asks it for anything any more.
    pub async fn close(self) {
        let store = self.inner.store.clone();
        drop(self);
        store.close().await;
    }

    /// Whether this node can answer: the database does, and what it knows is fresh.
    ///
    /// # Errors
    /// What is wrong, for the operator.
    pub async fn ready(&self) -> Result<(), String> {
        if self.inner.work.is_closed() {
            return Err("it is stopping".to_owned());
        }
        let store = self.inner.store.ping().await;
        store.map_err(|error| error.to_string())?;
        let age = self.knowledge_age();
        if age > REVOCATION_BOUND {
            return Err(format!("the feed was last read {} ms ago", age.as_millis()));
        }
        Ok(())
    }

    /// What was asked of the store so far.
    #[must_use]
    pub fn store_work(&self) -> WorkDone {
        self.inner.store.work()
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Commits a batch, to its end, and applies what it tells the feed to this node before it
    /// returns. The one way from a use case to the database.
    async fn commit(&self, batch: Batch) -> Result<Outcome, StoreError> {
        let service = self.clone();
        self.finish(async move { service.commit_detached(batch).await })
            .await
    }

    /// The same for work that goes on by itself already, within [`Self::finish`].
    async fn commit_detached(&self, batch: Batch) -> Result<Outcome, StoreError> {
        let outcome = self.inner.store.commit(batch).await?;
        let heard_at = self.inner.clock.uptime();
        let heard = self.hear(&feed::told(&outcome)?, heard_at).await;
        if let Err(error) = heard {
            // It is committed; who asked is told that nobody knows, as it is with any
            // answer that is lost.
            tracing::error!(%error, "what was committed could not be loaded again");
            return Err(error);
        }
        Ok(outcome)
    }
}

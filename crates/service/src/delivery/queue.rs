//! The queue of messages: each is committed with what awaits it, and stays in the database
//! until it was sent or is of no use any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use countersign_domain::Timestamp;
use countersign_domain::authentication::Channel;
use countersign_domain::message::{About, Message, SealedMessage};
use countersign_store::{Step, messages};
use tokio::sync::{Notify, watch};

use crate::Service;

/// What a node knows of the queue beside what is in the database.
#[derive(Default)]
pub(crate) struct Queue {
    sms: Lane,
    email: Lane,
    /// Messages that this node gave up since it started.
    given_up: AtomicU64,
}

/// One channel of it: a slow one holds no other up.
#[derive(Default)]
pub(super) struct Lane {
    /// Told when this node has written a message.
    pub(super) wake: Notify,
    /// Whether the last attempt failed for now.
    refusing: AtomicBool,
    /// Claims and attempts that are under way on this node.
    under_way: Arc<watch::Sender<usize>>,
}

impl Queue {
    pub(super) fn lane(&self, channel: Channel) -> &Lane {
        match channel {
            Channel::Sms => &self.sms,
            Channel::Email => &self.email,
        }
    }

    /// Has a message that was committed delivered at once.
    pub(crate) fn wake(&self, channel: Channel) {
        self.lane(channel).wake.notify_one();
    }

    /// Counts one more that is given up, and returns how many those are.
    pub(super) fn count_given_up(&self) -> u64 {
        self.given_up.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Lane {
    /// Takes note of whether an attempt failed for now; `true` where that is news.
    pub(super) fn turns(&self, refusing: bool) -> bool {
        self.refusing.swap(refusing, Ordering::Relaxed) != refusing
    }

    /// Something is under way until what this returns is dropped.
    pub(super) fn begin(&self) -> UnderWay {
        self.under_way.send_modify(|count| *count += 1);
        UnderWay(Arc::clone(&self.under_way))
    }

    /// Waits until nothing is under way.
    pub(super) async fn idle(&self) {
        let mut count = self.under_way.subscribe();
        // The sender lives as long as this.
        let _ = count.wait_for(|count| *count == 0).await;
    }
}

pub(super) struct UnderWay(Arc<watch::Sender<usize>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Service {
    /// Puts a message into the queue, in the unit of work of what awaits it.
    pub(crate) fn enqueue(&self, message: &Message, about: About, now: Timestamp) -> Step {
        let ring = self.inner.keys.ring();
        let entropy = &*self.inner.entropy;
        let sealed = SealedMessage::seal(message, about, ring.current(), entropy);
        messages::insert(&sealed, now)
    }
}

//! Who is connected, and who gives way when it gets crowded.
//!
//! A connection *waits* while no request is in progress on it: idle, or its headers or body not
//! complete.
//! Those who wait are kept in the order they began to, over all and by address, so a newcomer at a
//! cap takes the place of the one that has waited longest: a crowd of half-open sockets pushes out
//! its own members, not an honest client, who waits a moment and then asks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The connections that are open. Every operation is O(log n) under one short lock.
pub(super) struct Registry {
    total_cap: usize,
    group_cap: usize,
    crowd: Mutex<Crowd>,
}

#[derive(Default)]
struct Crowd {
    open: usize,
    /// Never reused, so a turn names one wait of one connection and sorts by when it began.
    last_turn: u64,
    waiting: BTreeMap<u64, Waiting>,
    groups: HashMap<IpAddr, Group>,
}

struct Waiting {
    group: IpAddr,
    eviction: Arc<Notify>,
}

/// The connections of one address.
#[derive(Default)]
struct Group {
    open: usize,
    waiting: BTreeSet<u64>,
}

impl Registry {
    pub(super) fn new(total_cap: usize, group_cap: usize) -> Arc<Self> {
        Arc::new(Self {
            total_cap,
            group_cap,
            crowd: Mutex::default(),
        })
    }

    /// A place for a new connection, evicting another if it must; `None` if at a cap every
    /// connection has a request in progress.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let group = group_of(peer);
        let mut crowd = self.crowd.lock();
        if crowd.open_in(group) >= self.group_cap {
            let turn = crowd.longest_waiting_in(group)?;
            crowd.evict(turn);
        } else if crowd.open >= self.total_cap {
            let turn = crowd.longest_waiting()?;
            crowd.evict(turn);
        }
        crowd.open += 1;
        crowd.groups.entry(group).or_default().open += 1;
        let eviction = Arc::new(Notify::new());
        let turn = crowd.wait(group, Arc::clone(&eviction));
        Some(Place {
            registry: Arc::clone(self),
            group,
            eviction,
            turn: Mutex::new(Some(turn)),
        })
    }

    /// Evicts up to `count` connections, the longest waiting first; says how many.
    pub(super) fn evict(&self, count: usize) -> usize {
        let mut crowd = self.crowd.lock();
        let mut evicted = 0;
        while evicted < count
            && let Some(turn) = crowd.longest_waiting()
        {
            crowd.evict(turn);
            evicted += 1;
        }
        evicted
    }
}

impl Crowd {
    fn open_in(&self, group: IpAddr) -> usize {
        self.groups.get(&group).map_or(0, |group| group.open)
    }

    fn longest_waiting_in(&self, group: IpAddr) -> Option<u64> {
        self.groups.get(&group)?.waiting.first().copied()
    }

    fn longest_waiting(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(turn, _)| *turn)
    }

    fn wait(&mut self, group: IpAddr, eviction: Arc<Notify>) -> u64 {
        self.last_turn += 1;
        let turn = self.last_turn;
        self.waiting.insert(turn, Waiting { group, eviction });
        self.groups.entry(group).or_default().waiting.insert(turn);
        turn
    }

    /// `None` if whoever had this turn has been evicted.
    fn stop_waiting(&mut self, turn: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&turn)?;
        if let Some(group) = self.groups.get_mut(&waiting.group) {
            group.waiting.remove(&turn);
        }
        Some(waiting)
    }

    fn evict(&mut self, turn: u64) {
        if let Some(waiting) = self.stop_waiting(turn) {
            self.leave(waiting.group);
            waiting.eviction.notify_one();
        }
    }

    fn leave(&mut self, address: IpAddr) {
        self.open -= 1;
        if let Some(group) = self.groups.get_mut(&address) {
            group.open -= 1;
            if group.open == 0 {
                self.groups.remove(&address);
            }
        }
    }
}

/// A connection's place among the others; dropping it leaves.
pub(super) struct Place {
    registry: Arc<Registry>,
    group: IpAddr,
    eviction: Arc<Notify>,
    /// `None` while a request is in progress. Only the connection's own task comes here.
    turn: Mutex<Option<u64>>,
}

impl Place {
    /// Resolves when the connection has to give way, which it never has during a request.
    pub(super) async fn evicted(&self) {
        self.eviction.notified().await;
    }

    /// A request begins, and the connection is safe until it ends; `false` if the place had
    /// already been given away.
    pub(super) fn request_begins(&self) -> bool {
        let Some(turn) = *self.turn.lock() else {
            return true;
        };
        let still_ours = self.registry.crowd.lock().stop_waiting(turn).is_some();
        if still_ours {
            *self.turn.lock() = None;
        }
        still_ours
    }

    /// The request has its answer, and the connection waits again.
    pub(super) fn request_ends(&self) {
        let mut turn = self.turn.lock();
        let mut crowd = self.registry.crowd.lock();
        // It may have been answered before it was complete; or have had to give way by then.
        if let Some(waited) = *turn
            && crowd.stop_waiting(waited).is_none()
        {
            return;
        }
        *turn = Some(crowd.wait(self.group, Arc::clone(&self.eviction)));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut crowd = self.registry.crowd.lock();
        let still_ours = match *self.turn.get_mut() {
            Some(turn) => crowd.stop_waiting(turn).is_some(),
            None => true,
        };
        if still_ours {
            crowd.leave(self.group);
        }
    }
}

/// Who counts as one: an IPv4 address, or the /64 that a single IPv6 customer chooses within.
fn group_of(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests;

//! Who is connected, and who gives way when it gets crowded.
//!
//! A connection *waits* while no request is in progress on it: idle, or its headers or body not
//! complete.
//! Those who wait are kept in the order they began to, over all and by address, so a newcomer at a
//! cap takes the place of the one that has waited longest: a crowd of half-open sockets pushes out
//! its own members, not an honest client, who waits a moment and then asks.
//!
//! Requests come far more often than somebody has to give way. So that one begins or ends is noted
//! in its connection's own seat, without a lock, and the order is put right when it is asked for.
//! Until then a seat stands in it as of a turn no later than it has: the first that is found to
//! stand where it belongs has waited longest.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The connections that are open. To come, to leave and to give way takes one lock, and so does the
/// end of a request that was found in progress. All who look for the longest waiting take no more
/// steps together than there were requests and evictions, nor one of them more than there are
/// connections.
pub(super) struct Registry {
    total_cap: usize,
    group_cap: usize,
    last_turn: AtomicU64,
    crowd: Mutex<Crowd>,
}

#[derive(Default)]
struct Crowd {
    open: usize,
    /// By the turn as of which they stand.
    seats: BTreeMap<u64, Arc<Seat>>,
    groups: HashMap<IpAddr, Group>,
}

/// The connections of one address.
#[derive(Default)]
struct Group {
    open: usize,
    /// The turns as of which they stand.
    turns: BTreeSet<u64>,
}

/// What a connection shares with those who look for one that can give way.
struct Seat {
    group: IpAddr,
    state: State,
    /// The turn as of which it stands in the order. Read and changed under the lock alone.
    stands_at: AtomicU64,
    eviction: Notify,
}

/// Its turn while the connection waits, or one of the three below. It says all that is to be known
/// at once, so that nothing is asked of the order of other memory.
struct State(AtomicU64);

/// A request is in progress.
const BUSY: u64 = 0;
/// The same, and the seat does not stand in the order, so that nobody comes upon it again.
const BUSY_ASIDE: u64 = u64::MAX - 1;
/// The connection had to give way.
const EVICTED: u64 = u64::MAX;

impl State {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, state: u64) {
        self.0.store(state, Ordering::Relaxed);
    }

    /// What it was: `Ok` if it became what `next` makes of that, `Err` if that is nothing.
    fn update(&self, next: impl FnMut(u64) -> Option<u64>) -> Result<u64, u64> {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
    }
}

impl Registry {
    pub(super) fn new(total_cap: usize, group_cap: usize) -> Arc<Self> {
        Arc::new(Self {
            total_cap,
            group_cap,
            last_turn: AtomicU64::new(BUSY),
            crowd: Mutex::default(),
        })
    }

    /// A place for a new connection, evicting another if it must; `None` if at a cap every
    /// connection has a request in progress.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let group = group_of(peer);
        let mut crowd = self.crowd.lock();
        let room = if crowd.open_in(group) >= self.group_cap {
            crowd.evict_longest_waiting(|crowd| crowd.first_in(group))
        } else if crowd.open >= self.total_cap {
            crowd.evict_longest_waiting(Crowd::first)
        } else {
            true
        };
        if !room {
            return None;
        }
        let turn = self.next_turn();
        let seat = Arc::new(Seat {
            group,
            state: State(AtomicU64::new(turn)),
            stands_at: AtomicU64::new(turn),
            eviction: Notify::new(),
        });
        crowd.open += 1;
        crowd.groups.entry(group).or_default().open += 1;
        crowd.stand(Arc::clone(&seat), turn);
        Some(Place {
            registry: Arc::clone(self),
            seat,
        })
    }

    /// Evicts up to `count` connections, the longest waiting first; says how many.
    pub(super) fn evict(&self, count: usize) -> usize {
        let mut crowd = self.crowd.lock();
        let evictions = (0..count).take_while(|_| crowd.evict_longest_waiting(Crowd::first));
        evictions.count()
    }

    /// Never the same twice, so that a turn names one wait of one connection, and sorts by when
    /// it began.
    fn next_turn(&self) -> u64 {
        self.last_turn.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Crowd {
    fn open_in(&self, group: IpAddr) -> usize {
        self.groups.get(&group).map_or(0, |group| group.open)
    }

    fn first_in(&self, group: IpAddr) -> Option<u64> {
        self.groups.get(&group)?.turns.first().copied()
    }

    fn first(&self) -> Option<u64> {
        self.seats.first_key_value().map(|(turn, _)| *turn)
    }

    fn stand(&mut self, seat: Arc<Seat>, turn: u64) {
        seat.stands_at.store(turn, Ordering::Relaxed);
        let group = self.groups.entry(seat.group).or_default();
        group.turns.insert(turn);
        self.seats.insert(turn, seat);
    }

    fn step_out(&mut self, turn: u64) -> Option<Arc<Seat>> {
        let seat = self.seats.remove(&turn)?;
        if let Some(group) = self.groups.get_mut(&seat.group) {
            group.turns.remove(&turn);
        }
        Some(seat)
    }

    /// Evicts the longest waiting of those whose `first` it is told, putting right the order as
    /// far as it has to look; `false` if none of them waits.
    fn evict_longest_waiting(&mut self, first: impl Fn(&Self) -> Option<u64>) -> bool {
        while let Some(stood_at) = first(self)
            && let Some(seat) = self.step_out(stood_at)
        {
            let asked = seat.state.update(|state| match state {
                BUSY => Some(BUSY_ASIDE),
                turn if turn == stood_at => Some(EVICTED),
                _later => None,
            });
            match asked {
                // It stands again once it waits.
                Ok(BUSY) => {}
                Ok(_) => {
                    self.leave(seat.group);
                    seat.eviction.notify_one();
                    return true;
                }
                Err(later) => self.stand(seat, later),
            }
        }
        false
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

/// A connection's place among the others; dropping it leaves. Only the connection's own task says
/// when its requests begin and end.
pub(super) struct Place {
    registry: Arc<Registry>,
    seat: Arc<Seat>,
}

impl Place {
    /// Resolves when the connection has to give way, which it never has during a request.
    pub(super) async fn evicted(&self) {
        self.seat.eviction.notified().await;
    }

    /// A request begins, and the connection is safe until it ends; `false` if the place had
    /// already been given away.
    pub(super) fn request_begins(&self) -> bool {
        let began = self.seat.state.update(|state| match state {
            BUSY | BUSY_ASIDE | EVICTED => None,
            _waiting => Some(BUSY),
        });
        began != Err(EVICTED)
    }

    /// The request has its answer, and the connection waits again.
    pub(super) fn request_ends(&self) {
        let turn = self.registry.next_turn();
        // It may have been answered before it was complete, while the connection waited; or have
        // had to give way by then.
        let ended = self.seat.state.update(|state| match state {
            BUSY_ASIDE | EVICTED => None,
            _busy_or_waiting => Some(turn),
        });
        if ended == Err(BUSY_ASIDE) {
            let mut crowd = self.registry.crowd.lock();
            self.seat.state.set(turn);
            crowd.stand(Arc::clone(&self.seat), turn);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut crowd = self.registry.crowd.lock();
        if self.seat.state.get() != EVICTED {
            // Nobody has this turn if it stands aside.
            crowd.step_out(self.seat.stands_at.load(Ordering::Relaxed));
            crowd.leave(self.seat.group);
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

//! What a node counts by itself, in memory: addresses, partners, and all together.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use countersign_domain::limits::{Limits, Network, NodeLimits, Rate};
use countersign_domain::partner::Slug;
use countersign_domain::work::WAIT;
use parking_lot::Mutex;

/// Addresses that are followed at once. A flood of more pushes out those that are nearest to
/// being forgotten, which are its own: whoever asks much stays.
const FOLLOWED: usize = 100_000;

/// Waits of one address that may end at once.
const WAITS: u32 = 4;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Use {
    /// A message that is sent.
    Send,
    /// A guess of a password or a code.
    Guess,
    /// A guess of a PIN, which only who has a living token can make: of addresses alone, so
    /// that nobody else's guesses come in its way.
    Pin,
    /// A wait in place of a proof of work. Who waits for many at once waits for one.
    Wait,
}

/// The counts of a node. They last as long as it runs, by the machine's own clock, which
/// nobody sets.
pub(crate) struct Node {
    limits: NodeLimits,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    of_all: HashMap<Use, i64>,
    of_partners: HashMap<(Use, Slug), i64>,
    of_networks: Followed<(Use, Network)>,
}

impl Node {
    pub(crate) fn new(limits: NodeLimits) -> Self {
        Self {
            limits,
            counts: Mutex::default(),
        }
    }

    /// Takes one of everything that is counted, or of nothing: a flood from one address uses
    /// up nobody else's.
    pub(crate) fn take(
        &self,
        what: Use,
        network: Option<Network>,
        partner: &Slug,
        limits: &Limits,
        now: Duration,
    ) -> Result<(), Duration> {
        let now = micros(now);
        let floods = match what {
            Use::Send => Some((limits.sends_per_minute, self.limits.sends_per_minute)),
            Use::Guess => Some((limits.guesses_per_minute, self.limits.guesses_per_minute)),
            Use::Pin | Use::Wait => None,
        };
        let counts = &mut *self.counts.lock();
        let key = network.map(|network| (what, network));
        let network = key.map(|key| {
            let full = counts.of_networks.get(&key);
            Ok((key, self.rate(what).take(full, now)?))
        });
        let network = network.transpose()?;
        if let Some((of_partner, of_all)) = floods {
            // Only of partners there are, so that there are few.
            let partner = counts
                .of_partners
                .entry((what, partner.clone()))
                .or_default();
            let partner_full = Rate::per_minute(of_partner).take(*partner, now)?;
            let all = counts.of_all.entry(what).or_default();
            *all = Rate::per_minute(of_all).take(*all, now)?;
            *partner = partner_full;
        }
        if let Some((key, full)) = network {
            counts.of_networks.set(key, full, FOLLOWED);
        }
        Ok(())
    }

    /// Whether more than half of what an address may have is used up, or more than three
    /// quarters of what a partner's users or all together may.
    pub(crate) fn is_near(
        &self,
        what: Use,
        network: Option<Network>,
        partner: &Slug,
        limits: &Limits,
        now: Duration,
    ) -> bool {
        let now = micros(now);
        let (of_partner, of_all) = match what {
            Use::Send => (limits.sends_per_minute, self.limits.sends_per_minute),
            Use::Guess => (limits.guesses_per_minute, self.limits.guesses_per_minute),
            Use::Pin | Use::Wait => return false,
        };
        let counts = &*self.counts.lock();
        let address = network.map(|network| counts.of_networks.get(&(what, network)));
        if address.is_some_and(|full| self.rate(what).is_used(full, now, (1, 2))) {
            return true;
        }
        let key = (what, partner.clone());
        let partner = counts.of_partners.get(&key).copied().unwrap_or_default();
        let all = counts.of_all.get(&what).copied().unwrap_or_default();
        let floods = [(of_partner, partner), (of_all, all)];
        let mut floods = floods.into_iter();
        floods.any(|(count, full)| Rate::per_minute(count).is_used(full, now, (3, 4)))
    }

    /// Counts a wait of an address: one for every [`WAIT`], and a few at once.
    pub(crate) fn take_wait(&self, network: Network, now: Duration) -> Result<(), Duration> {
        let key = (Use::Wait, network);
        let followed = &mut self.counts.lock().of_networks;
        let full = self.rate(Use::Wait).take(followed.get(&key), micros(now))?;
        followed.set(key, full, FOLLOWED);
        Ok(())
    }

    /// Gives an address back a guess that was right: an office or a mobile network, where many
    /// share one, is not counted for those who know their password.
    pub(crate) fn give_back(&self, what: Use, network: Network) {
        let key = (what, network);
        let followed = &mut self.counts.lock().of_networks;
        let full = followed.get(&key);
        if full > 0 {
            let interval = self.rate(what).interval();
            followed.set(key, full - interval, FOLLOWED);
        }
    }

    /// Gives a partner and the node back a message that was not sent after all: who asks for
    /// what is refused uses up nothing of others.
    pub(crate) fn give_back_send(&self, partner: &Slug, limits: &Limits) {
        let counts = &mut *self.counts.lock();
        let of_partner = Rate::per_minute(limits.sends_per_minute).interval();
        if let Some(full) = counts.of_partners.get_mut(&(Use::Send, partner.clone())) {
            *full -= of_partner;
        }
        if let Some(full) = counts.of_all.get_mut(&Use::Send) {
            *full -= Rate::per_minute(self.limits.sends_per_minute).interval();
        }
    }

    fn rate(&self, what: Use) -> Rate {
        Rate::per_hour(match what {
            Use::Send => self.limits.address_sends_per_hour,
            Use::Guess | Use::Pin => self.limits.address_guesses_per_hour,
            Use::Wait => return Rate::new(WAITS, WAIT * WAITS),
        })
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A bounded map of full times. Every operation is O(log n).
struct Followed<K> {
    full: HashMap<K, i64>,
    by_full: BTreeSet<(i64, K)>,
}

impl<K> Default for Followed<K> {
    fn default() -> Self {
        Self {
            full: HashMap::new(),
            by_full: BTreeSet::new(),
        }
    }
}

impl<K: Copy + Eq + Ord + Hash> Followed<K> {
    fn get(&self, key: &K) -> i64 {
        self.full.get(key).copied().unwrap_or(0)
    }

    fn set(&mut self, key: K, full: i64, most: usize) {
        if let Some(old) = self.full.insert(key, full) {
            self.by_full.remove(&(old, key));
        }
        // Whoever comes new makes room, and not for itself alone.
        while self.full.len() > most {
            let Some((_, first)) = self.by_full.pop_first() else {
                break;
            };
            self.full.remove(&first);
        }
        self.by_full.insert((full, key));
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;

    fn network(number: u128) -> Network {
        Network::of(IpAddr::V6(Ipv6Addr::from_bits(number << 64)))
    }

    #[test]
    fn a_flood_of_addresses_is_bounded_and_whoever_asks_much_stays_counted() {
        let node = Node::new(NodeLimits {
            sends_per_minute: 1_000_000,
            guesses_per_minute: 1_000_000,
            ..NodeLimits::default()
        });
        let limits = Limits {
            guesses_per_minute: 1_000_000,
            ..Limits::default()
        };
        let partner = Slug::default_partner();
        let take = |number| {
            let now = Duration::from_secs(1000);
            node.take(Use::Guess, Some(network(number)), &partner, &limits, now)
        };
        for _ in 0..300 {
            take(0).expect("so many may come at once");
        }
        assert_eq!(take(0), Err(Duration::from_secs(12)));
        for number in 1..=FOLLOWED as u128 + 1000 {
            take(number).expect("the first of its address");
        }
        let followed = &node.counts.lock().of_networks;
        assert_eq!(followed.full.len(), FOLLOWED);
        assert_eq!(followed.by_full.len(), FOLLOWED);
        let first = followed.get(&(Use::Guess, network(0)));
        assert!(first > 0, "it was not pushed out");
    }

    #[test]
    fn a_limit_is_near_at_half_of_an_address_and_three_quarters_of_a_flood() {
        let node = Node::new(NodeLimits {
            address_sends_per_hour: 4,
            sends_per_minute: 16,
            ..NodeLimits::default()
        });
        let limits = Limits {
            sends_per_minute: 8,
            ..Limits::default()
        };
        let partner = Slug::default_partner();
        let now = Duration::from_secs(1000);
        let near = |number: u128, partner: &Slug, now| {
            node.is_near(Use::Send, Some(network(number)), partner, &limits, now)
        };
        let send = |number, partner: &Slug| {
            let network = Some(network(number));
            node.take(Use::Send, network, partner, &limits, now)
        };
        for _ in 0..2 {
            assert!(!near(1, &partner, now));
            send(1, &partner).expect("below every limit");
        }
        assert!(!near(1, &partner, now), "two of four are no more than half");
        send(1, &partner).expect("below every limit");
        assert!(near(1, &partner, now));
        assert!(!near(2, &partner, now), "another address");
        assert!(!near(1, &partner, now + Duration::from_secs(3600)));
        for number in 2..6 {
            send(number, &partner).expect("below every limit");
        }
        assert!(near(9, &partner, now), "seven of the partner's eight");
        let other: Slug = "other".parse().expect("a slug");
        assert!(!near(9, &other, now));
        for number in 10..16 {
            send(number, &other).expect("below every limit");
        }
        let third: Slug = "third".parse().expect("a slug");
        assert!(near(99, &third, now), "thirteen of the node's sixteen");
    }

    #[test]
    fn what_one_address_is_refused_is_not_counted_of_others() {
        let node = Node::new(NodeLimits {
            address_sends_per_hour: 1,
            sends_per_minute: 2,
            ..NodeLimits::default()
        });
        let limits = Limits::default();
        let partner = Slug::default_partner();
        let now = Duration::from_secs(1000);
        let send = |number| node.take(Use::Send, Some(network(number)), &partner, &limits, now);
        assert!(send(1).is_ok());
        for _ in 0..100 {
            assert!(send(1).is_err());
        }
        assert!(send(2).is_ok());
        assert!(send(3).is_err(), "it was the second of all");
    }
}

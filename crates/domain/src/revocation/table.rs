//! Ids and the epoch that each was raised to: a million in less than 64 bytes each, and no
//! standstill while it grows.
//!
//! What is looked up is hardly ever there. One byte of each id's hash, 16 of them beside each
//! other, mostly tells so. Those bytes and the places of the entries stand by themselves: they
//! double as they grow. The entries, which are larger, do not.

use std::time::Duration;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::Known;
use crate::Timestamp;
use crate::epoch::Epoch;

/// How many parts the places have. Each grows by itself, so that nobody waits while more than
/// a part moves: of a million, 4,000.
const PARTS: usize = 256;
/// Entries of a block.
const BLOCK: usize = 4096;
/// Entries that are looked at in one step of forgetting.
const STEP: usize = 1024;

/// Ids, raised.
#[derive(Debug)]
pub(super) struct Table {
    /// Keyed by chance at the start. Ids are ours and random as well: nobody chooses where one
    /// comes to stand.
    hasher: DefaultHashBuilder,
    /// Where an id's entry is, found by its hash.
    places: Box<[HashTable<u32>]>,
    /// All blocks but the last are full.
    blocks: Vec<Vec<Entry>>,
}

/// 40 bytes: with a `Known` it would have 48.
#[derive(Clone, Copy, Debug)]
struct Entry {
    id: [u8; 16],
    epoch: Epoch,
    made_at: Timestamp,
    /// In nanoseconds.
    heard_at: u64,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            places: vec![HashTable::new(); PARTS].into(),
            blocks: Vec::new(),
        }
    }
}

impl Table {
    /// Raises an id, and remembers it for as long as the later of both asks for. What is lower
    /// or earlier than what is there changes nothing.
    pub(super) fn raise(&mut self, id: &[u8; 16], epoch: Epoch, known: Known) {
        let hash = hash(&self.hasher, id);
        if let Some(place) = self.find(hash, id) {
            let entry = &mut self.blocks[place / BLOCK][place % BLOCK];
            *entry = Entry::new(id, entry.epoch.max(epoch), entry.known().max(known));
            return;
        }
        let place = number(self.len());
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(Entry::new(id, epoch, known)),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(Entry::new(id, epoch, known));
                self.blocks.push(block);
            }
        }
        let hash_at = hashes(&self.hasher, &self.blocks);
        self.places[part(hash)].insert_unique(hash, place, hash_at);
    }

    /// What an id was raised to.
    pub(super) fn epoch_of(&self, id: &[u8; 16]) -> Option<Epoch> {
        let place = self.find(hash(&self.hasher, id), id)?;
        Some(at(&self.blocks, place).epoch)
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        let last = self.blocks.last().map_or(0, Vec::len);
        self.blocks.len().saturating_sub(1) * BLOCK + last
    }

    /// Forgets what is over of a few entries, from this place on. Returns where to go on,
    /// `None` behind the last.
    pub(super) fn forget(&mut self, from: usize, is_over: impl Fn(Known) -> bool) -> Option<usize> {
        let mut place = from;
        for _ in 0..STEP {
            if place >= self.len() {
                return None;
            }
            if is_over(at(&self.blocks, place).known()) {
                // Another one stands there now.
                self.remove(place);
            } else {
                place += 1;
            }
        }
        Some(place)
    }

    fn find(&self, hash: u64, id: &[u8; 16]) -> Option<usize> {
        let is_it = |place: &u32| at(&self.blocks, *place as usize).id == *id;
        let place = self.places[part(hash)].find(hash, is_it);
        place.map(|place| *place as usize)
    }

    /// Removes an entry; the last one takes its place.
    fn remove(&mut self, place: usize) {
        let gone = hash(&self.hasher, &at(&self.blocks, place).id);
        if let Ok(found) = self.places[part(gone)].find_entry(gone, |at| *at == number(place)) {
            found.remove();
        }
        let Some(last) = self.blocks.last_mut().and_then(Vec::pop) else {
            return;
        };
        if self.blocks.last().is_some_and(Vec::is_empty) {
            self.blocks.pop();
        }
        let end = self.len();
        if place < end {
            let moved = hash(&self.hasher, &last.id);
            let found = self.places[part(moved)].find_mut(moved, |at| *at == number(end));
            *found.expect("every entry has a place") = number(place);
            self.blocks[place / BLOCK][place % BLOCK] = last;
        }
        let left = &mut self.places[part(gone)];
        if left.len() < left.capacity() / 4 {
            left.shrink_to(2 * left.len(), hashes(&self.hasher, &self.blocks));
        }
    }
}

impl Entry {
    /// An uptime has 584 years here: of a longer one, nothing is forgotten.
    fn new(id: &[u8; 16], epoch: Epoch, known: Known) -> Self {
        Self {
            id: *id,
            epoch,
            made_at: known.made_at,
            heard_at: u64::try_from(known.heard_at.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    fn known(&self) -> Known {
        Known {
            made_at: self.made_at,
            heard_at: Duration::from_nanos(self.heard_at),
        }
    }
}

fn at(blocks: &[Vec<Entry>], place: usize) -> &Entry {
    &blocks[place / BLOCK][place % BLOCK]
}

fn hash(hasher: &DefaultHashBuilder, id: &[u8; 16]) -> u64 {
    std::hash::BuildHasher::hash_one(hasher, u128::from_ne_bytes(*id))
}

/// The hashes of the ids that stand at places.
fn hashes(hasher: &DefaultHashBuilder, blocks: &[Vec<Entry>]) -> impl Fn(&u32) -> u64 {
    |place| hash(hasher, &at(blocks, *place as usize).id)
}

/// By bits of the hash that tell nothing apart within a part.
fn part(hash: u64) -> usize {
    usize::from(hash.to_be_bytes()[3]) % PARTS
}

fn number(place: usize) -> u32 {
    u32::try_from(place).expect("no memory holds as many entries")
}

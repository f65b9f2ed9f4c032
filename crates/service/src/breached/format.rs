//! The file of a filter: a header, then blocks of bits (a blocked Bloom filter; Putze, Sanders
//! and Singler, 2007).
//!
//! All bits of an entry are in one block, so that a look-up is one read of 4 KiB. The SHA-1 of
//! a password is as random as any hash of it, so its own bits say which: 40 of them the block,
//! eight times 15 the bits in it.
//!
//! | bytes | what, numbers with the lowest byte first |
//! |---|---|
//! | 0–15 | `countersign-bpf\n` |
//! | 16–19 | the version of the format, 1 |
//! | 20–23 | bytes of a block, 4,096 |
//! | 24–27 | bits of an entry, 8 |
//! | 28–35 | entries |
//! | 36–43 | blocks |
//! | 44–51 | how often an entry was counted at least to be in it |
//! | 52–55 | CRC-32 of the blocks |
//! | 56–59 | CRC-32 of bytes 0–55 |
//! | from 4,096 on | the blocks |

use aws_lc_rs::digest;

/// Bytes for each entry. With them a password that never leaked is taken for one that did about
/// once in 1,700 times.
pub const BYTES_PER_ENTRY: u64 = 2;

/// Bytes of a block, and of the header with what fills it up.
pub(super) const BLOCK: usize = 4096;
/// The longest that a header is.
pub(super) const HEADER: usize = 60;

const MAGIC: &[u8; 16] = b"countersign-bpf\n";
const VERSION: u32 = 1;
/// Bits of an entry.
const BITS: usize = 8;
/// Bits of a hash that say which bit in a block.
const BIT: u32 = BLOCK.ilog2() + 3;

/// The SHA-1 of a password. SHA-1 is what the lists are of; nothing rests on it here.
pub(super) type Digest = [u8; 20];

pub(super) fn digest(password: &[u8]) -> Digest {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password);
    digest.as_ref().try_into().expect("SHA-1 has 20 bytes")
}

/// What a filter says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// How many passwords are in it.
    pub entries: u64,
    /// How many blocks of 4 KiB it has.
    pub blocks: u64,
    /// How often a password was counted at least to be in it.
    pub at_least: u64,
    pub(super) checksum: u32,
}

/// Why bytes are no header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoHeader {
    /// They are of something else.
    Foreign,
    /// They are of a version that this one does not read.
    Version(u32),
    /// They were one once.
    Damaged,
}

impl Header {
    /// How many blocks so many entries need.
    pub(super) fn blocks_for(entries: u64) -> u64 {
        let bytes = entries.saturating_mul(BYTES_PER_ENTRY);
        bytes.div_ceil(BLOCK as u64).max(1)
    }

    /// The bytes of the whole file.
    #[must_use]
    pub fn file_length(&self) -> u64 {
        self.blocks.saturating_add(1).saturating_mul(BLOCK as u64)
    }

    pub(super) fn write(&self) -> [u8; BLOCK] {
        let mut bytes = Vec::with_capacity(BLOCK);
        bytes.extend_from_slice(MAGIC);
        for number in [VERSION, BLOCK as u32, BITS as u32] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.entries, self.blocks, self.at_least] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.checksum.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes.resize(BLOCK, 0);
        bytes.try_into().expect("it was made as long")
    }

    pub(super) fn read(bytes: &[u8; HEADER]) -> Result<Self, NoHeader> {
        let u32_at = |place: usize| {
            let bytes = bytes[place..place + 4].try_into();
            u32::from_le_bytes(bytes.expect("four bytes"))
        };
        let u64_at = |place: usize| {
            let bytes = bytes[place..place + 8].try_into();
            u64::from_le_bytes(bytes.expect("eight bytes"))
        };
        if bytes[..16] != *MAGIC {
            return Err(NoHeader::Foreign);
        }
        if u32_at(16) != VERSION {
            return Err(NoHeader::Version(u32_at(16)));
        }
        let header = Self {
            entries: u64_at(28),
            blocks: u64_at(36),
            at_least: u64_at(44),
            checksum: u32_at(52),
        };
        let ours = u32_at(20) as usize == BLOCK && u32_at(24) as usize == BITS;
        let whole = u32_at(56) == crc32fast::hash(&bytes[..56]);
        let fits = header.blocks > 0;
        (ours && whole && fits)
            .then_some(header)
            .ok_or(NoHeader::Damaged)
    }

    /// The block in which an entry's bits are, and which they are.
    pub(super) fn place(&self, digest: &Digest) -> (u64, [usize; BITS]) {
        let (first, rest) = digest.split_at(5);
        let number = |bytes: &[u8]| {
            let shift = |number: u128, byte: &u8| number << 8 | u128::from(*byte);
            bytes.iter().fold(0, shift)
        };
        let block = (number(first) * u128::from(self.blocks)) >> 40;
        let mut rest = number(rest);
        let bits = std::array::from_fn(|_| {
            let bit = rest as usize & ((1 << BIT) - 1);
            rest >>= BIT;
            bit
        });
        (block as u64, bits)
    }
}

/// Sets bits of a block.
pub(super) fn set(block: &mut [u8], bits: &[usize]) {
    for bit in bits {
        block[bit / 8] |= 1 << (bit % 8);
    }
}

/// Whether all these bits of a block are set.
pub(super) fn are_set(block: &[u8], bits: &[usize]) -> bool {
    bits.iter().all(|bit| block[bit / 8] & 1 << (bit % 8) != 0)
}

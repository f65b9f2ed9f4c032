//! What stands inside sealed tokens and messages, written and read: numbers big-endian, texts with a
//! length of one byte before them.

use crate::Timestamp;
use crate::identity::{Identity, IdentityType};
use crate::partner::Slug;

pub(crate) fn write_number(number: i64, to: &mut Vec<u8>) {
    to.extend_from_slice(&number.to_be_bytes());
}

pub(crate) fn write_text(text: &str, to: &mut Vec<u8>) {
    let length = u8::try_from(text.len()).expect("slugs and identities have at most 254 bytes");
    to.push(length);
    to.extend_from_slice(text.as_bytes());
}

/// Writes a text of up to 64 KiB: its length takes two bytes.
pub(crate) fn write_long_text(text: &str, to: &mut Vec<u8>) {
    let length = u16::try_from(text.len()).expect("places and tokens have at most 2,000 bytes");
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(text.as_bytes());
}

/// Writes how many there are, then the type and value of each. There is at most one of each
/// type.
pub(crate) fn write_identities(identities: &[Identity], to: &mut Vec<u8>) {
    let count = u8::try_from(identities.len()).expect("at most one of each type");
    to.push(count);
    for identity in identities {
        to.push(type_number(identity.kind()));
        write_text(identity.value(), to);
    }
}

/// What is yet to be read.
pub(crate) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn number(&mut self) -> Option<i64> {
        self.take().map(i64::from_be_bytes)
    }

    pub(crate) fn moment(&mut self) -> Option<Timestamp> {
        self.number().map(Timestamp::from_micros)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    pub(crate) fn partner(&mut self) -> Option<Slug> {
        self.text()?.parse().ok()
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::from(self.byte()?);
        self.text_of(length)
    }

    pub(crate) fn long_text(&mut self) -> Option<&'a str> {
        let length = usize::from(self.take().map(u16::from_be_bytes)?);
        self.text_of(length)
    }

    fn text_of(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(taken).ok()
    }

    pub(crate) fn identities(&mut self) -> Option<Vec<Identity>> {
        let count = usize::from(self.byte()?);
        let mut identities = Vec::with_capacity(count.min(IdentityType::ALL.len()));
        for _ in 0..count {
            let number = self.byte()?;
            let kind = IdentityType::ALL
                .into_iter()
                .find(|&kind| type_number(kind) == number)?;
            identities.push(Identity::from_normalised(kind, self.text()?.to_owned()));
        }
        Some(identities)
    }
}

/// The type's number inside tokens. These never change.
fn type_number(kind: IdentityType) -> u8 {
    match kind {
        IdentityType::Username => 1,
        IdentityType::Email => 2,
        IdentityType::Phone => 3,
        IdentityType::UserId => 4,
    }
}

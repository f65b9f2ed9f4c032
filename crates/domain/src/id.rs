//! Ids: UUIDs of version 7, so that keys grow with time.
//!
//! 74 bits of each are random, so an id cannot be guessed, but those of requests; none is a
//! credential all the same.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Serialize, Serializer};
use uuid::fmt::Hyphenated;
use uuid::{Builder, Uuid};

use crate::{Clock, Entropy, Timestamp};

/// Bytes of an id as text.
pub const ID_LENGTH: usize = Hyphenated::LENGTH;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(Uuid);

        impl $name {
            /// Nobody's id.
            pub const NIL: Self = Self(Uuid::nil());

            /// A fresh id.
            pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(version_7(now, entropy.bytes()))
            }

            /// Not above any id made at or after `moment`, and above every id made in an
            /// earlier millisecond: the bound for walking a table by age. (Ids of requests keep to it
            /// only until the wall clock is set.)
            #[must_use]
            pub fn first_at(moment: Timestamp) -> Self {
                Self(version_7(moment, [0; 10]))
            }

            /// The id with these 16 bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The id's text, written into `buffer`.
            pub fn encode<'b>(&self, buffer: &'b mut [u8; ID_LENGTH]) -> &'b str {
                self.0.hyphenated().encode_lower(buffer)
            }

            /// The id's 16 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            /// As text, in JSON.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Reads any spelling of a UUID that RFC 9562 knows.
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::from_str(text).map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )*};
}

ids! {
    /// A user of one partner.
    UserId;
    /// What a user signed in on.
    DeviceId;
    /// The long-lived log-in of a device; while its code is awaited, the id of the challenge.
    AuthenticationId;
    /// One short-lived session.
    SessionId;
    /// One request, so that an answer can be found in the logs.
    RequestId;
    /// A key with which a partner's or an application's backend, or the operator, is let in.
    ApiKeyId;
    /// A one-time token: what is kept of it once it is redeemed.
    OneTimeTokenId;
    /// A reset of a password.
    PasswordResetId;
    /// A way to a partner's login and back (Login Force).
    TransactionId;
    /// A message that is to be sent.
    MessageId;
    /// An entry of the audit.
    EntryId;
    /// Any of them, where its kind stands beside it.
    AnyId;
}

/// The ids of the requests to one process: counted on from where chance began. To draw each would
/// cost more than many a request, and nobody gains by guessing one.
///
/// The time in them is the machine's uptime, counted on from what the wall clock said at the start:
/// whoever measures how long a request takes has read it already. If somebody sets the wall clock,
/// ids follow with the next start.
#[derive(Debug)]
pub struct RequestIds {
    /// What the wall clock would have said when the machine was started.
    booted: Timestamp,
    begin: u128,
    count: AtomicU64,
}

impl RequestIds {
    /// Begins somewhere.
    pub fn new(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
        Self {
            booted: clock.now().minus(clock.uptime()),
            begin: u128::from_be_bytes(entropy.bytes()),
            count: AtomicU64::new(0),
        }
    }

    /// The next one, of a request that came when the machine had been up for this long.
    pub fn next(&self, uptime: Duration) -> RequestId {
        let now = self.booted.plus(uptime);
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let place = self.begin.wrapping_add(count.into()).to_be_bytes();
        let [_, _, _, _, _, _, place @ ..] = place;
        RequestId(version_7(now, place))
    }
}

fn version_7(moment: Timestamp, random: [u8; 10]) -> Uuid {
    Builder::from_unix_timestamp_millis(moment.as_unix_millis(), &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SystemClock, SystemEntropy};

    #[test]
    fn grow_with_time() {
        let entropy: &dyn Entropy = &SystemEntropy::default();
        let moment = Timestamp::from_micros(1_700_000_000_000_000);
        let later = Timestamp::from_micros(1_700_000_000_001_000);
        let id = UserId::generate(moment, entropy);
        assert!(UserId::first_at(moment) <= id);
        assert!(id < UserId::first_at(later));
        assert_ne!(id, UserId::generate(moment, entropy));
    }

    #[test]
    fn requests_of_one_moment_have_ids_of_their_own_in_every_process() {
        let new = || RequestIds::new(&SystemClock, &SystemEntropy::default());
        let processes = [new(), new()];
        let moment = SystemClock.uptime();
        let ids = (0..1000).map(|number: usize| processes[number % 2].next(moment));
        let ids: std::collections::HashSet<_> = ids.collect();
        assert_eq!(ids.len(), 1000);
    }

    #[test]
    fn the_id_of_a_request_has_the_time_when_it_came() {
        struct At(Timestamp, Duration);
        impl Clock for At {
            fn now(&self) -> Timestamp {
                self.0
            }
            fn uptime(&self) -> Duration {
                self.1
            }
        }
        let start = Timestamp::from_micros(1_700_000_000_000_000);
        let up = Duration::from_secs(5000);
        let ids = RequestIds::new(&At(start, up), &SystemEntropy::default());
        let after = |wait| start.plus(wait);
        for wait in [Duration::ZERO, Duration::from_millis(1234)] {
            let id = ids.next(up + wait);
            let millisecond = Duration::from_millis(1);
            assert!(RequestId::first_at(after(wait)) <= id);
            assert!(id < RequestId::first_at(after(wait + millisecond)));
        }
    }
}

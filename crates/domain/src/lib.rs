//! What Countersign knows, without I/O: ids, secrets, identities, partners and the addresses
//! they register, devices, challenges, authentications and sessions, and every decision about
//! them.
//!
//! Nothing here reads a clock, a random source, a file or a socket of its own accord:
//! [`Clock`] and [`Entropy`] are passed in, and decisions take `now`. The crates depend on
//! each other in one direction, `domain ← store ← service ← server ← cli`.

pub mod ago;
pub mod api_key;
pub mod arrival;
pub mod asserted;
pub mod audit;
pub mod authentication;
mod binary;
mod caller;
pub mod challenge;
mod clock;
pub mod device;
mod entropy;
pub mod epoch;
pub mod forwarded;
pub mod id;
pub mod identity;
pub mod key;
pub mod landing;
pub mod limits;
pub mod locale;
pub mod message;
pub mod one_time;
pub mod page;
pub mod partner;
pub mod password;
pub mod password_reset;
pub mod pin;
pub mod policy;
pub mod revocation;
mod secret;
pub mod session;
pub mod sms;
mod text;
mod time;
pub mod token;
pub mod user;
pub mod web;
pub mod work;

pub use caller::Caller;
pub use clock::{Clock, SystemClock};
pub use entropy::{Entropy, SystemEntropy};
pub use secret::Secret;
pub use time::{InvalidTimestamp, Timestamp};

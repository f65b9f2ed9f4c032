//! Limits: how often something may be asked for or guessed, and by whom it is counted.
//!
//! What is counted of an identity is shared by all nodes; what is counted of an address, a
//! partner or a whole node is that node's own. [`Rate`] decides for all but the sending of
//! codes, for which [`SendLimits`] does, exactly.

mod mark;
mod network;
mod rate;
mod sends;
mod settings;

use std::time::Duration;

pub use mark::{IdentityMark, LimitKey};
pub use network::Network;
pub use rate::Rate;
pub use sends::{SendLimits, SentLog};
pub use settings::{Limits, NodeLimits, OwnLimits};

/// Failures in a row that switch an authenticator off for an identity, until it is proved
/// anew (NIST SP 800-63B-4, section 3.2.2, allows 100).
pub const FAILURES_IN_A_ROW: i64 = 50;

/// How long each of fewer failures is remembered: three in a row for six days. Whoever guesses
/// more slowly than that makes 183 guesses a year.
pub const FAILURE_KEPT: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// How long an authenticator stays switched off that nobody proves anew.
pub const SWITCHED_OFF_KEPT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// How far the clocks of two nodes may differ. What was counted further in the future than
/// that was counted before a clock was set back, and is let go.
pub const SKEW: Duration = Duration::from_secs(10 * 60);

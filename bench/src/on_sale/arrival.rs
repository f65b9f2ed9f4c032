//! Who comes, and how many.

use serde::Serialize;

/// What somebody comes for, people first and then bots.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(super) enum Arrival {
    /// A request to the application, whose API has its session verified.
    Verify,
    /// A device that opens a session.
    Exchange,
    /// A log-in with a password, on a device that was never here.
    Password,
    /// A log-in with a password, on a device that was here before.
    KnownPassword,
    /// A log-in with a code by e-mail: asked for, read, brought back.
    Code,
    /// From the partner into the application, whose backend redeems the one-time token.
    TrustByApp,
    /// From the partner to the hosted page, in a browser.
    TrustByPage,
    /// A sign-out, which must hold at once.
    SignOut,
    /// One password for each of many users, from one address and from many.
    GuessMany,
    /// Many passwords for one user.
    GuessOne,
    /// A one-time token that was redeemed.
    Replay,
    /// A one-time token that nobody made.
    Invent,
    /// Codes for many addresses, all asked for from one.
    FloodMany,
    /// Codes for one address.
    FloodOne,
    /// A body that comes a byte a second.
    SlowBody,
    /// A connection that asks nothing.
    Silence,
}

/// What the machine can do, measured before the day.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Capacity {
    /// Verifications a second, from this very load.
    pub(super) verify: f64,
    /// Passwords hashed a second on the server's core, with nothing else on it.
    pub(super) hashes: f64,
}

/// How many come a second at the peak. Passwords are set by what hashing allows, all else by the
/// verifications: people who come are to those who are there already as they may be in a shop.
pub(super) fn rates(capacity: Capacity, verify_percent: u32) -> [(Arrival, f64); 16] {
    use Arrival::*;
    let verify = capacity.verify * f64::from(verify_percent) / 100.0;
    let of_hashes = |share: f64| capacity.hashes * share;
    [
        (Verify, verify),
        (Exchange, verify / 20.0),
        (Password, of_hashes(0.25)),
        (KnownPassword, of_hashes(0.25)),
        (Code, verify / 400.0),
        (TrustByApp, verify / 100.0),
        (TrustByPage, verify / 200.0),
        (SignOut, verify / 1000.0),
        (GuessMany, of_hashes(1.0)),
        (GuessOne, of_hashes(0.1)),
        (Replay, verify / 200.0),
        (Invent, verify / 200.0),
        (FloodMany, verify / 400.0),
        (FloodOne, verify / 400.0),
        (SlowBody, 5.0),
        (Silence, 300.0),
    ]
}

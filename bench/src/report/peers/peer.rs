//! What every server is that stands in the table: how it starts, and how it is asked.

use std::net::SocketAddr;

use serde::Serialize;

use super::client::Client;
use crate::Error;
use crate::report::request::Request;
use crate::server::Process;

/// Who is measured.
pub(super) trait Peer: Sync {
    fn about(&self) -> &About;

    /// Starts it, with what it kept from the last time.
    fn start(&self) -> Result<Box<dyn Server>, Error>;

    /// Has it know [`USER`], who has a password. Called once, at the first start.
    fn sign_up(&self, client: &Client) -> Result<(), Error>;

    /// Signs the user in, and says how the session is asked about.
    fn sign_in(&self, client: &Client) -> Result<Session, Error>;

    /// A log-in with the password, where it has such.
    fn log_in(&self) -> Option<Request>;
}

/// The name of the user who signs in.
pub(super) const USER: &str = "user0";
/// The user's e-mail address.
pub(super) const EMAIL: &str = "user0@example.com";

/// What a reader needs to judge its figures.
#[derive(Clone, Debug, Serialize)]
pub(super) struct About {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) configuration: &'static str,
    /// What verifying a session does.
    pub(super) verify: &'static str,
    /// What a log-in does.
    pub(super) log_in: &'static str,
}

/// A server that runs. Dropped, it ends.
pub(super) trait Server: Send {
    fn address(&self) -> SocketAddr;

    /// All that belong to it.
    fn processes(&self) -> Result<Vec<u32>, Error>;

    /// Why it has ended, if it has.
    fn has_ended(&mut self) -> Option<String>;

    /// Asks it to end, and waits until it has.
    fn stop(self: Box<Self>) -> Result<(), Error>;
}

impl Server for Process {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn processes(&self) -> Result<Vec<u32>, Error> {
        Ok(vec![self.id()])
    }

    /// It listened already when it was there.
    fn has_ended(&mut self) -> Option<String> {
        None
    }

    fn stop(mut self: Box<Self>) -> Result<(), Error> {
        Process::stop(&mut self)
    }
}

/// A session, and how it is asked about.
pub(super) struct Session {
    pub(super) verify: Request,
    /// The same with a credential that nobody was given.
    pub(super) forged: Request,
    /// What a good answer says of the user, and no other does.
    pub(super) says: String,
    /// Signs out; whoever answers everybody alike has none.
    pub(super) revoke: Option<Request>,
    /// What it answers first after a start; verifying, where it still knows the session then.
    pub(super) first: Request,
}

/// This text with one of its middle characters changed.
pub(super) fn forged(credential: &str) -> String {
    let middle = credential.chars().count() / 2;
    let change = |(at, char)| match char {
        _ if at != middle => char,
        'a' => 'b',
        _ => 'a',
    };
    credential.chars().enumerate().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_credential_differs_in_one_character() {
        assert_eq!(forged("12345"), "12a45");
        assert_eq!(forged("aaaa"), "aaba");
    }
}

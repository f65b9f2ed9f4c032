//! What the machine allows: the minimal server that answers everybody alike.

use std::net::SocketAddr;

use super::client::Client;
use super::peer::{About, Peer, Server, Session};
use crate::Error;
use crate::report::request::Request;
use crate::report::start_baseline;
use crate::server::Process;

/// Bytes of its answer, about as many as a verified session has.
const ANSWER: usize = 428;

/// hyper, and nothing behind it.
pub(super) struct Hyper(About);

impl Hyper {
    pub(super) fn new() -> Self {
        Self(About {
            name: "minimal hyper",
            version: "as Countersign's".to_owned(),
            configuration: "one thread, and 428 bytes of JSON for whatever it is asked: the limit \
                            of the machine, and no server to log in to",
            verify: "answers; verifies nothing",
            log_in: "–",
        })
    }
}

impl Peer for Hyper {
    fn about(&self) -> &About {
        &self.0
    }

    fn start(&self) -> Result<Box<dyn Server>, Error> {
        Ok(Box::new(Baseline(start_baseline(ANSWER)?)))
    }

    fn sign_up(&self, _: &Client) -> Result<(), Error> {
        Ok(())
    }

    fn sign_in(&self, _: &Client) -> Result<Session, Error> {
        let verify = Request::new("POST", "/", 200);
        Ok(Session {
            // There is nothing that it would refuse.
            forged: Request::new("POST", "/", 401),
            says: String::new(),
            revoke: None,
            first: verify.clone(),
            verify,
        })
    }

    fn log_in(&self) -> Option<Request> {
        None
    }
}

/// It has nothing to end in order: dropped, it is killed.
struct Baseline(Process);

impl Server for Baseline {
    fn address(&self) -> SocketAddr {
        Server::address(&self.0)
    }

    fn processes(&self) -> Result<Vec<u32>, Error> {
        self.0.processes()
    }

    fn has_ended(&mut self) -> Option<String> {
        self.0.has_ended()
    }

    fn stop(self: Box<Self>) -> Result<(), Error> {
        Ok(())
    }
}

//! What those who come share: whom they ask, who they are, and what they were given.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::oneshot;

use super::ask::Asker;
use super::ledger::{Device, Ledger};
use super::operation::Operation;
use crate::connection::{Answer, request};
use crate::mail::Mail;

/// What is there when the day begins.
pub(super) struct Ready {
    /// An API key that mints, makes links and redeems.
    pub(super) key: String,
    /// Who was here before: half of them go on using the application, the others log in once more
    /// or sign out.
    pub(super) devices: Vec<Device>,
    /// One-time tokens that nobody redeems.
    pub(super) spare: Vec<String>,
}

/// Shared by all who come.
pub(super) struct Venue {
    pub(super) asker: Asker,
    pub(super) ledger: Ledger,
    pub(super) ready: Ready,
    /// Users there are. Those without a device come one after the other.
    pub(super) users: u64,
    next_user: AtomicU64,
    next_staying: AtomicUsize,
    next_leaving: AtomicUsize,
    /// Who waits for a mail, by address.
    mails: Mutex<HashMap<String, oneshot::Sender<String>>>,
}

impl Venue {
    pub(super) fn new(asker: Asker, ready: Ready, users: u64) -> Self {
        let devices = ready.devices.len();
        Self {
            asker,
            ledger: Ledger::default(),
            ready,
            users,
            next_user: AtomicU64::new(devices as u64),
            next_staying: AtomicUsize::new(0),
            next_leaving: AtomicUsize::new(devices / 2),
            mails: Mutex::default(),
        }
    }

    /// A user who was not here yet.
    pub(super) fn somebody(&self) -> Option<u64> {
        let user = self.next_user.fetch_add(1, Ordering::Relaxed);
        if user >= self.users {
            let too_few = "there are too few users for this day; say more with --users";
            self.asker.tally.fault(too_few.to_owned());
            return None;
        }
        Some(user)
    }

    /// A device that goes on being used.
    pub(super) fn staying(&self) -> &Device {
        let (next, all) = (
            self.next_staying.fetch_add(1, Ordering::Relaxed),
            self.all_staying(),
        );
        &all[next % all.len()]
    }

    /// All of them.
    pub(super) fn all_staying(&self) -> &[Device] {
        let devices = &self.ready.devices;
        &devices[..devices.len() / 2]
    }

    /// A device that is used for the last time.
    pub(super) fn leaving(&self) -> Option<&Device> {
        let next = self.next_leaving.fetch_add(1, Ordering::Relaxed);
        let device = self.ready.devices.get(next);
        if device.is_none() {
            let too_few = "there are too few devices for this day; say more with --devices";
            self.asker.tally.fault(too_few.to_owned());
        }
        device
    }

    /// A mail came for whoever waits for it.
    pub(super) fn deliver(&self, mail: Mail) {
        let waiting = self.mails.lock().remove(&mail.to);
        if let Some((waiting, code)) = waiting.zip(mail.code) {
            // Who left needs no code.
            let _ = waiting.send(code);
        }
    }

    /// The code in the next mail to this address.
    pub(super) fn next_mail(&self, to: &str) -> oneshot::Receiver<String> {
        let (send, receive) = oneshot::channel();
        self.mails.lock().insert(to.to_owned(), send);
        receive
    }

    /// A request of a backend that holds the key.
    pub(super) fn by_backend(&self, path: &str, body: &Value) -> Vec<u8> {
        let headers = [
            ("authorization", self.ready.key.as_str()),
            ("content-type", "application/json"),
        ];
        request("POST", path, headers, &body.to_string())
    }

    /// A text in the answer's JSON; that it is missing is a fault.
    pub(super) fn text(&self, operation: Operation, answer: &Answer, name: &str) -> Option<String> {
        let body: Option<Value> = serde_json::from_str(&answer.body).ok();
        let text = body.and_then(|body| Some(body.pointer(name)?.as_str()?.to_owned()));
        if text.is_none() {
            let (what, body) = (operation.name(), &answer.body);
            let fault = format!("{what} was answered without {name}: {body}");
            self.asker.tally.fault(fault);
        }
        text
    }
}

/// A request of a person whose address the proxy passes on.
pub(super) fn by_person(path: &str, from: Ipv4Addr, body: &Value) -> Vec<u8> {
    let from = from.to_string();
    let headers = [
        ("x-forwarded-for", from.as_str()),
        ("content-type", "application/json"),
    ];
    request("POST", path, headers, &body.to_string())
}

/// The address of a person: each has one of their own.
pub(super) fn home(user: u64) -> Ipv4Addr {
    let [.., a, b, c] = user.to_be_bytes();
    Ipv4Addr::new(10, a, b, c)
}

/// The clock's time, from which what follows an answer is due.
pub(super) fn now() -> Duration {
    SystemClock.uptime()
}

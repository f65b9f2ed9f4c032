//! What is for sale, and what was sold.

use parking_lot::Mutex;

use crate::inventory::Ticket;

/// A ticket for sale, or sold.
#[derive(Clone)]
pub(super) struct Listing {
    pub(super) number: usize,
    /// As it was when it was put up: its owner sells it.
    pub(super) ticket: Ticket,
    /// In euros.
    pub(super) price: u32,
    state: State,
}

#[derive(Clone, PartialEq, Eq)]
enum State {
    Open,
    Withdrawn,
    SoldTo(String),
}

impl Listing {
    /// Who has bought it.
    pub(super) fn buyer(&self) -> Option<&str> {
        match &self.state {
            State::SoldTo(buyer) => Some(buyer),
            State::Open | State::Withdrawn => None,
        }
    }
}

/// All listings; the number of one is its place.
#[derive(Default)]
pub(super) struct Book(Mutex<Vec<Listing>>);

impl Book {
    /// Puts a ticket up. One that is up already gets the new price.
    pub(super) fn add(&self, ticket: Ticket, price: u32) {
        let mut all = self.0.lock();
        let up = |it: &&mut Listing| it.ticket == ticket && it.state == State::Open;
        if let Some(listing) = all.iter_mut().find(up) {
            listing.price = price;
            return;
        }
        let number = all.len();
        all.push(Listing {
            number,
            ticket,
            price,
            state: State::Open,
        });
    }

    /// Everything that is for sale.
    pub(super) fn open(&self) -> Vec<Listing> {
        let all = self.0.lock();
        let open = all.iter().filter(|it| it.state == State::Open);
        open.cloned().collect()
    }

    /// A listing that is for sale.
    pub(super) fn find(&self, number: usize) -> Option<Listing> {
        let listing = self.0.lock().get(number).cloned();
        listing.filter(|it| it.state == State::Open)
    }

    /// Notes who has bought it, and for what: the seller may have asked for more since.
    pub(super) fn sold(&self, number: usize, buyer: &str, price: u32) {
        if let Some(listing) = self.0.lock().get_mut(number) {
            listing.state = State::SoldTo(buyer.to_owned());
            listing.price = price;
        }
    }

    pub(super) fn withdraw(&self, number: usize) {
        if let Some(listing) = self.0.lock().get_mut(number) {
            listing.state = State::Withdrawn;
        }
    }

    /// What somebody has bought or sold, the newest first.
    pub(super) fn of(&self, who: &str) -> Vec<Listing> {
        let all = self.0.lock();
        let theirs = |it: &&Listing| {
            let buyer = it.buyer();
            buyer == Some(who) || buyer.is_some() && it.ticket.owner == who
        };
        all.iter().rev().filter(theirs).cloned().collect()
    }
}

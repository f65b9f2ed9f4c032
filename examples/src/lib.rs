//! A ticket platform and a marketplace that rely on Countersign, to copy from; `countersign demo`
//! runs them.
//!
//! * [`northstar`] is a partner: it has accounts of its own, and vouches for whoever is signed in
//!   there. What it asks Countersign is in `northstar/countersign.rs`, and that is all of it.
//! * [`market`] is an application: people resell there what they bought at Northstar. How it knows
//!   who somebody is stands in its `router`, and that is all of it.
//! * [`inventory`] is what the two have between them: who owns which ticket.
//! * [`start`] is the page of the demo itself: a tour, and what happens behind it, live. There is
//!   nothing to copy in it.

mod failure;
mod hosts;
mod html;
mod http;
pub mod inventory;
pub mod market;
pub mod northstar;
pub mod start;

pub use failure::Failure;
pub use hosts::by_origin;

//! Forward-auth behind the proxies of the guides, each with the configuration that its guide shows.

mod application;
mod caddy;
mod checks;
mod envoy;
mod forged;
mod front;
mod guide;
mod guides;
mod identity;
mod market;
mod nginx;
mod people;
mod process;
mod public;
mod traefik;
mod trouble;

/// The host of the guides.
const HOST: &str = "market.example";
/// The application's origin.
const ORIGIN: &str = "https://market.example";

/// The headers that say who somebody is.
const IDENTITY: [&str; 11] = [
    "Countersign-User",
    "Countersign-Partner",
    "Countersign-Username",
    "Countersign-Email",
    "Countersign-Phone",
    "Countersign-Partner-User-Id",
    "Countersign-Session",
    "Countersign-Authentication",
    "Countersign-Device",
    "Countersign-Amr",
    "Countersign-Auth-Time",
];

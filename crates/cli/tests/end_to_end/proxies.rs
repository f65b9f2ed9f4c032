//! Forward-auth behind the proxies of the guides, each with the configuration that its guide shows:
//! nginx and Caddy themselves, Traefik and Envoy as their documentation says that they act.

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
mod played;
mod process;
mod public;
mod traefik;
mod trouble;

/// The host of the guides.
const HOST: &str = "market.example";

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

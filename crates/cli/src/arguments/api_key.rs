//! `countersign key …`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Create an API key and print it, this once
    Create(NewApiKey),
    /// List API keys: a partner's, or else the operator's
    List {
        /// The partner whose keys they are
        #[arg(long, value_name = "SLUG", conflicts_with = "all")]
        partner: Option<String>,
        /// Those of the operator and of every partner
        #[arg(long)]
        all: bool,
    },
    /// Revoke an API key, and the one-time tokens that it minted
    Revoke {
        /// The key's id, as `key list` shows it
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// An API key to be created.
#[derive(Debug, Args)]
pub(crate) struct NewApiKey {
    /// The partner whose key it is
    #[arg(long, value_name = "SLUG")]
    pub(crate) partner: Option<String>,
    /// What it may do: mint, links, redeem, revoke and introspect; or admin, without a partner
    #[arg(
        long,
        value_name = "SCOPE,…",
        value_delimiter = ',',
        default_value = "mint"
    )]
    pub(crate) scopes: Vec<String>,
    /// A word by which people tell it from others
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) name: String,
    /// How long it lives, such as 90d [default: until it is revoked]
    #[arg(long, value_name = "DURATION")]
    pub(crate) expires_in: Option<String>,
}

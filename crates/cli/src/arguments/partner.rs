//! `countersign partner …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum PartnerCommand {
    /// Add a partner
    Add {
        /// Its name in URLs and commands, which never changes
        #[arg(value_name = "SLUG")]
        slug: String,
        /// What it sets itself, such as --set sign_up=open; may be repeated
        #[arg(long = "set", value_name = "KEY=VALUE", num_args = 1..)]
        settings: Vec<String>,
        /// Take what it sets from this file of JSON, or with - from standard input
        #[arg(long, value_name = "FILE", conflicts_with = "settings")]
        json_patch: Option<PathBuf>,
    },
    /// Change what a partner sets itself
    Set {
        /// The partner
        #[arg(value_name = "SLUG")]
        slug: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// List every partner
    List,
    /// Show what a partner sets itself, and what holds in all
    Show {
        /// The partner
        #[arg(value_name = "SLUG")]
        slug: String,
    },
}

/// What is changed.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Settings {
    /// A setting, such as session_life=10m, return_origins=https://a.example,https://b.example or
    /// flows.sell.url=https://market.example/sell/{event_id}; without a value it goes back to its
    /// default
    #[arg(value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Take the changes from this file of JSON, a merge patch (RFC 7396), or with - from standard
    /// input
    #[arg(long, value_name = "FILE", conflicts_with = "settings")]
    pub(crate) json_patch: Option<PathBuf>,
}

//! `countersign partner …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum PartnerCommand {
    /// Add a partner
    Add {
        /// Its name in URLs and commands, which never changes
        #[arg(value_name = "SLUG")]
        slug: String,
        /// What it sets itself, as for `partner set`
        #[arg(value_name = "KEY=VALUE")]
        settings: Vec<String>,
        /// The same as KEY=VALUE alone; may be repeated
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Take what it sets from this file of JSON, or with - from standard input
        #[arg(long, value_name = "FILE", conflicts_with_all = ["settings", "set"])]
        json_patch: Option<PathBuf>,
    },
    /// Change what a partner sets itself
    Set {
        /// The partner
        #[arg(value_name = "SLUG")]
        slug: String,
        /// A setting, such as session_life=10m,
        /// return_origins=https://a.example,https://b.example or
        /// flows.sell.url=https://market.example/sell/{event_id}; without a value it goes back to
        /// its default
        #[arg(value_name = "KEY=VALUE", required_unless_present = "json_patch")]
        settings: Vec<String>,
        /// Take the changes from this file of JSON, a merge patch (RFC 7396), or with - from
        /// standard input
        #[arg(long, value_name = "FILE", conflicts_with = "settings")]
        json_patch: Option<PathBuf>,
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

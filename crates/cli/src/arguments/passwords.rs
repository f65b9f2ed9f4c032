//! `countersign passwords`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum PasswordsCommand {
    /// Build a filter from lists of leaked passwords
    ///
    /// Each list is a file with a line for each password: its SHA-1 in hexadecimal, with or
    /// without a colon and how often it leaked (the form of Have I Been Pwned), or the password
    /// itself. The order makes no difference. Lists are read twice; the filter is in memory
    /// until it is written, with 2 bytes for each password. It takes about one password in
    /// 1,700 that never leaked for one that did, and none that leaked for another.
    ///
    /// Use it with the configuration key passwords.breached_filter.
    Build(BuildFilter),
    /// Check that a filter is as it was written, and print what is in it
    Check {
        /// The filter
        #[arg(value_name = "FILTER")]
        filter: PathBuf,
    },
}

/// A filter to be built.
#[derive(Debug, Args)]
pub(crate) struct BuildFilter {
    /// A list of leaked passwords
    #[arg(value_name = "FILE", required = true)]
    pub(crate) lists: Vec<PathBuf>,
    /// Write the filter to this file; what is there is replaced at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Leave out what leaked less often
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub(crate) at_least: u64,
}

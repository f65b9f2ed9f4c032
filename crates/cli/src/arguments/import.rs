//! What `user import` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Partner;

/// Users to be imported.
#[derive(Debug, Args)]
pub(crate) struct ImportUsers {
    /// The file to import, or - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How the file is written [default: csv or jsonl, where the file's name ends so]
    #[arg(long, value_enum)]
    pub(crate) format: Option<ImportFormat>,
    /// What the file calls verified is known to be the user's own. Otherwise the first address
    /// that is proved takes the password away
    #[arg(long)]
    pub(crate) proved: bool,
    /// Say what would be done, and add nobody
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write who is refused to this new file, to be mended and imported again
    #[arg(long, value_name = "FILE")]
    pub(crate) refused: Option<PathBuf>,
    /// The `hash_config` of a Firebase project, as its console shows it
    #[arg(long, value_name = "FILE")]
    pub(crate) firebase_hash_config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) partner: Partner,
}

/// How a file of users is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ImportFormat {
    /// Our own columns, with their names in the first line
    Csv,
    /// Our own members, an object a line
    Jsonl,
    /// Auth0's export with password hashes, or its import file
    Auth0,
    /// What `firebase auth:export` writes as JSON
    Firebase,
    /// The export of a realm, with its users
    Keycloak,
    /// `dumpdata auth.user`, or the table auth_user as CSV
    Django,
    /// The table of a Devise model as CSV
    Devise,
}

//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use countersign_domain::partner::Slug;

use crate::config::Flags;

mod api_key;
#[cfg(feature = "demo")]
mod demo;
mod import;
mod partner;
mod passwords;
mod preview;
mod sms;

pub(crate) use api_key::{ApiKeyCommand, NewApiKey};
#[cfg(feature = "demo")]
pub(crate) use demo::Demo;
pub(crate) use import::{ImportFormat, ImportUsers};
pub(crate) use partner::PartnerCommand;
pub(crate) use passwords::{BuildFilter, PasswordsCommand};
pub(crate) use preview::{Preview, PreviewChannel};
pub(crate) use sms::SmsCommand;

/// An authentication server: devices that stay signed in.
///
/// To try it, on this machine alone: countersign serve --dev
#[derive(Debug, Parser)]
#[command(
    name = "countersign",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What works with every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Read the configuration from this file [default: countersign.toml, if it is there]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Options for every command"
    )]
    config: Option<PathBuf>,
    /// Keep the data in this folder [default: countersign-data]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Options for every command"
    )]
    data_dir: Option<PathBuf>,
    /// Keep the data in this database, such as sqlite:/var/lib/countersign/countersign.db
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help_heading = "Options for every command"
    )]
    database_url: Option<String>,
    /// Log as auto, human or json
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        help_heading = "Options for every command"
    )]
    log_format: Option<String>,
    /// Answer in JSON, for scripts
    #[arg(long, global = true, help_heading = "Options for every command")]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(Serve),
    /// Run a ticket platform and a marketplace on this machine, to see who signs in how
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Add, import, show, lock, unlock, export and delete users, and sign their devices out
    #[command(subcommand)]
    User(User),
    /// Build and check a filter of leaked passwords, which nobody may choose then
    #[command(subcommand)]
    Passwords(PasswordsCommand),
    /// Add, set, show and list partners
    #[command(subcommand)]
    Partner(PartnerCommand),
    /// Create, list and revoke API keys
    #[command(subcommand)]
    Key(ApiKeyCommand),
    /// Manage the keys that seal sessions
    #[command(subcommand)]
    Keys(Keys),
    /// Read the audit: what was decided, about whom, and why
    #[command(subcommand)]
    Audit(Audit),
    /// Show a message as people get it, with made-up contents, or send it to yourself
    Preview(Preview),
    /// Show what SMS cost and which breakers are open, and close them
    #[command(subcommand)]
    Sms(SmsCommand),
    /// Show and clear what is counted of identities
    #[command(subcommand)]
    Limits(Limits),
    /// Bring the database's schema up to date
    Migrate,
    /// Print the OpenAPI description of the API
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Run for development: on this machine alone, with a user and an API key to try, and codes in
    /// an outbox
    #[arg(long)]
    pub(crate) dev: bool,
    /// Answer the API here [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Answer health checks here [default: 127.0.0.1:8081; with --dev a free port]
    #[arg(long, value_name = "ADDRESS")]
    private_listen: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a user and print its id
    Add(NewUser),
    /// Import users whom another system had, with the hashes of their passwords
    Import(ImportUsers),
    /// Show a user
    Show(Name),
    /// Lock a user: its sessions end, it cannot sign in until unlocked
    Lock(Name),
    /// Unlock a user: its devices are signed in as before
    Unlock(Name),
    /// Delete a user with its identities, devices and log-ins
    Delete(Name),
    /// Set a user's password, and sign all its devices out
    SetPassword {
        #[command(flatten)]
        name: Name,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Print all that is kept of a user, as JSON
    Export(Name),
    /// List the devices on which a user is signed in
    Devices(Name),
    /// Sign a user out on one device
    SignOut {
        #[command(flatten)]
        name: Name,
        /// The device's id, as `user devices` lists it
        #[arg(value_name = "DEVICE_ID")]
        device: String,
    },
}

/// A user to be added.
#[derive(Debug, Args)]
pub(crate) struct NewUser {
    /// An identity, such as email:ana@example.com: a username, email, phone or user_id. May be
    /// repeated
    #[arg(long = "identity", value_name = "TYPE:VALUE", required = true)]
    pub(crate) identities: Vec<String>,
    /// Read a password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// The identities are known to be the user's own. Otherwise the first address that is
    /// proved takes the password away
    #[arg(long)]
    pub(crate) proved: bool,
    #[command(flatten)]
    pub(crate) partner: Partner,
}

/// Which user.
#[derive(Debug, Args)]
pub(crate) struct Name {
    /// An identity, such as username:ana, or the user's id
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) partner: Partner,
}

/// Whose user.
#[derive(Debug, Args)]
pub(crate) struct Partner {
    /// The partner whose user it is
    #[arg(long = "partner", value_name = "SLUG", default_value = Slug::DEFAULT)]
    pub(crate) slug: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Seal with the next key from now on, and print its id; what is sealed stays good
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Explain a request: what was decided, why, and what to do about it
    Show {
        /// The `request_id` of an answer
        #[arg(value_name = "REQUEST_ID")]
        request: String,
    },
    /// List entries, the newest first; with --json one object a line
    List(AuditList),
    /// Check that nothing was changed, forged or taken out, and print the head
    Verify {
        /// Check as well that this head, printed before, is still in the audit
        #[arg(long, value_name = "NUMBER:DIGEST")]
        head: Option<String>,
    },
    /// Print entries as JSON, one a line, the oldest first
    Export(Span),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Limits {
    /// Show what is counted of an identity, and until when; without one, what holds
    Show {
        /// An identity, such as username:ana, or the user's id
        #[arg(value_name = "USER")]
        user: Option<String>,
        /// The partner whose user it is [default: default]; without USER, the partner that is
        /// shown alone
        #[arg(long, value_name = "SLUG")]
        partner: Option<String>,
    },
    /// Forget what is counted of an identity: what was switched off is on again
    Clear(Name),
}

/// Which entries are listed.
#[derive(Debug, Args)]
pub(crate) struct AuditList {
    /// Of this partner
    #[arg(long, value_name = "SLUG")]
    pub(crate) partner: Option<String>,
    /// About this user: an identity, such as username:ana, or its id
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// With this action, such as log_in
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// Refusals alone
    #[arg(long)]
    pub(crate) refused: bool,
    #[command(flatten)]
    pub(crate) span: Span,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(crate) limit: usize,
}

/// From when to when.
#[derive(Debug, Args)]
pub(crate) struct Span {
    /// From this moment on, such as 2026-03-01 or 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Before this moment
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

impl Arguments {
    /// What the command line says of the configuration.
    pub(crate) fn flags(&self) -> Flags {
        let global = &self.global;
        let serve = match &self.command {
            Command::Serve(serve) => Some(serve),
            _ => None,
        };
        Flags {
            config: global.config.clone(),
            data_dir: global.data_dir.clone(),
            database_url: global.database_url.clone(),
            log_format: global.log_format.clone(),
            listen: serve.and_then(|serve| serve.listen.clone()),
            private_listen: serve.and_then(|serve| serve.private_listen.clone()),
            dev: serve.is_some_and(|serve| serve.dev),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}

//! The commands: each turns arguments into a use case and its answer into lines.

mod audit;
#[cfg(feature = "demo")]
mod demo;
mod key;
mod keys;
mod limits;
mod messages;
mod output;
mod partner;
mod passwords;
mod preview;
mod serve;
mod sms;
mod user;

use std::sync::Arc;

use countersign_domain::audit::Actor;
use countersign_domain::key::MasterKey;
use countersign_domain::{Clock, Entropy, SystemClock, SystemEntropy};
use countersign_service::audit::Ledger;
use countersign_service::breached::Breached;
use countersign_service::operator::Operator;
use countersign_service::{Partners, PasswordCost, Passwords, check_master_key, settle_master_key};
use countersign_store::{Migrate, Store};

use crate::Error;
use crate::arguments::{Arguments, Command};
use crate::config::{self, Config, Database};
use crate::{dev, logging};

/// Runs one command.
pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    if let Command::Openapi = arguments.command {
        let description = countersign_server::openapi().to_pretty_json()?;
        return output::print(false, &description, || serde_json::Value::Null);
    }
    #[cfg(feature = "demo")]
    if let Command::Demo(command) = &arguments.command {
        return demo::run(command, &arguments);
    }
    let config = config::load(&arguments.flags(), std::env::vars_os())?;
    logging::start(config.log.format, &config.log.level)?;
    logging::log_panics();
    let json = arguments.global.json;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Serve(_) => Box::pin(serve::run(&config, json)).await,
            Command::User(command) => user::run(command, &config, json).await,
            Command::Passwords(command) => passwords::run(command, json).await,
            Command::Partner(command) => partner::run(command, &config, json).await,
            Command::Key(command) => key::run(command, &config, json).await,
            Command::Keys(command) => keys::run(&command, &config, json).await,
            Command::Audit(command) => audit::run(command, &config, json).await,
            Command::Preview(command) => preview::run(command, &config, json).await,
            Command::Sms(command) => sms::run(command, &config, json).await,
            Command::Limits(command) => limits::run(command, &config, json).await,
            Command::Migrate => migrate(&config, json),
            #[cfg(feature = "demo")]
            Command::Demo(_) => unreachable!("run above, with a configuration of its own"),
            Command::Openapi => unreachable!("answered above"),
        }
    })
}

fn migrate(config: &Config, json: bool) -> Result<(), Error> {
    let store = open(config, Migrate::Apply)?;
    let version = store.schema_version();
    let text = format!("The schema is up to date: version {version}.");
    output::print(json, &text, || serde_json::json!({ "schema": version }))
}

fn open(config: &Config, migrate: Migrate) -> Result<Store, Error> {
    let Database::Sqlite(path) = &config.database;
    Ok(Store::open_sqlite(path, migrate)?)
}

/// Opens a database that must exist: a typing error in a path should not make a new one.
fn open_existing(config: &Config) -> Result<Store, Error> {
    let Database::Sqlite(path) = &config.database;
    if !path.exists() {
        let path = path.display();
        return Err(format!(
            "there is no database at {path}; name its folder with --data-dir, or make one with \
             `countersign migrate`"
        )
        .into());
    }
    open(config, Migrate::OnlyNew)
}

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SystemEntropy::default())
}

fn passwords(config: &Config) -> Result<Passwords, Error> {
    let cost = PasswordCost {
        memory_kib: config.passwords.memory_kib,
        iterations: config.passwords.iterations,
        threads: config.passwords.threads().get(),
    };
    Ok(Passwords::new(cost, entropy())?)
}

/// The leaked passwords that nobody may choose.
fn breached(config: &Config) -> Result<Breached, Error> {
    match &config.passwords.breached_filter {
        Some(path) => Ok(Breached::open(path)?),
        None => Ok(Breached::default()),
    }
}

/// What the operator does from this shell, beside a server that may be running.
async fn operator(config: &Config, store: Store) -> Result<Operator, Error> {
    let ledger = ledger(config, &store).await?;
    // A folder for development is marked as one before anything is in it.
    if config.master_key()?.is_none() && dev::key(&config.data_dir)?.is_some() {
        let Database::Sqlite(database) = &config.database;
        dev::check(&store, database, true).await?;
    }
    settle_master_key(&store, master_key(config)?, &SystemClock, &*entropy()).await?;
    Ok(Operator {
        partners: Partners::load(&store, config.defaults.clone()).await?,
        store,
        clock: Arc::new(SystemClock),
        entropy: entropy(),
        passwords: passwords(config)?,
        breached: breached(config)?,
        caller: ledger.local_caller(SystemClock.now()),
        limits: master_key(config)?.limit_key(),
        ledger,
        actor: Actor::Operator,
        node: None,
    })
}

/// What entries of the audit are made with and judged by, under the database's master key.
async fn ledger(config: &Config, store: &Store) -> Result<Ledger, Error> {
    let master = master_key(config)?;
    check_master_key(store, &master).await?;
    Ok(Ledger::new(&master, config.audit.addresses, entropy()))
}

/// The master key: the operator's, or that of a folder for development.
fn master_key(config: &Config) -> Result<MasterKey, Error> {
    let bytes = match config.master_key()? {
        Some(bytes) => Some(bytes),
        None => dev::key(&config.data_dir)?,
    };
    let bytes = bytes.ok_or(
        "there is no master key. Make one with `(umask 077; openssl rand -base64 32 > \
         master.key)`, keep it outside the data folder, and set COUNTERSIGN_MASTER_KEY_FILE to \
         its path (or COUNTERSIGN_MASTER_KEY to what is in it). Only trying it out? Run \
         `countersign serve --dev`",
    )?;
    Ok(MasterKey::new(&bytes))
}

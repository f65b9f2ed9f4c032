//! `countersign keys`.

use countersign_domain::{Clock, SystemClock};
use countersign_service::audit::Ledger;
use countersign_service::rotate_keys;

use super::output::print;
use super::{entropy, master_key, open_existing};
use crate::Error;
use crate::arguments::Keys;
use crate::config::Config;

pub(super) async fn run(command: &Keys, config: &Config, json: bool) -> Result<(), Error> {
    match command {
        Keys::Rotate => rotate(config, json).await,
    }
}

async fn rotate(config: &Config, json: bool) -> Result<(), Error> {
    let master = master_key(config)?;
    let store = open_existing(config)?;
    let ledger = Ledger::new(&master, config.audit.addresses, entropy());
    let caller = ledger.local_caller(SystemClock.now());
    let by = (&ledger, &caller);
    let rotated = rotate_keys(&store, &master, by, &SystemClock, &*entropy()).await;
    let id = rotated?;
    print(
        json,
        &id.to_string(),
        || serde_json::json!({ "id": id.to_string() }),
    )
}

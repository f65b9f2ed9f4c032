//! A data folder for development: it holds its own master key, which marks it as one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::audit::{Action, Event};
use countersign_domain::id::UserId;
use countersign_domain::partner::{Flow, OwnSettings, SignUp, Slug};
use countersign_domain::password::Password;
use countersign_domain::web::PublicUrl;
use countersign_domain::{Entropy, Secret};
use countersign_service::operator::Operator;
use countersign_store::{Batch, Store, StoreError, feed, installation, partners, users};

use crate::Error;

mod api_key;

pub(crate) use api_key::api_key;

/// The user that is there to try.
pub(crate) const USERNAME: &str = "my_username";
/// Its password.
pub(crate) const PASSWORD: &str = "MyPa$$w0rd";

/// The flow that is there to try.
pub(crate) const FLOW: &str = "sell";
/// What a link into it must say.
pub(crate) const FLOW_PARAMETER: &str = "event_id";
/// Where it leads: to a marketplace on this machine, if one listens there.
const FLOW_URL: &str = "http://market.localhost:8090/sell/{event_id}";

/// Below which path the hosted pages are.
pub(crate) const PAGES: &str = "/auth";

/// What the partner is called in messages.
const NAME: &str = "Example Market";

/// The shortest password that is allowed there.
const SHORTEST_PASSWORD: usize = 8;

const KEY_FILE: &str = "dev.key";

/// The master key of a folder for development; `None` in any other.
pub(crate) fn key(folder: &Path) -> Result<Option<Secret<[u8; 32]>>, Error> {
    let path = folder.join(KEY_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => Secret::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot read {}: {error}", path.display()).into()),
    };
    let bytes = STANDARD.decode(text.expose().trim()).ok().map(Secret::new);
    let bytes = bytes.and_then(|bytes| bytes.expose().as_slice().try_into().ok());
    let damaged = || format!("{} is damaged; choose another --data-dir", path.display());
    Ok(Some(Secret::new(bytes.ok_or_else(damaged)?)))
}

/// Refuses a folder for development: its key lies beside its data.
pub(crate) fn refuse(folder: &Path) -> Result<(), Error> {
    if key(folder)?.is_none() {
        return Ok(());
    }
    let folder = folder.display();
    Err(format!(
        "{folder} was made by `serve --dev`: its master key lies beside its data, and a user \
         with a public password is in it. Choose another --data-dir, or add --dev"
    )
    .into())
}

/// Makes the folder one for development, if it is new.
pub(crate) fn prepare(folder: &Path, database: &Path, entropy: &dyn Entropy) -> Result<(), Error> {
    if key(folder)?.is_some() {
        return Ok(());
    }
    if database.exists() {
        return Err(not_for_development(&database.display()).into());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    // Written aside and then given its name: of two that start at once one makes the key, and
    // neither reads half of it.
    let aside = folder.join(format!("{KEY_FILE}.{}", std::process::id()));
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)?;
    let key = Secret::new(entropy.bytes::<32>());
    let line = Secret::new(format!("{}\n", STANDARD.encode(key.expose())));
    let written = file.write_all(line.expose().as_bytes());
    let named = written.and_then(|()| std::fs::hard_link(&aside, folder.join(KEY_FILE)));
    std::fs::remove_file(&aside)?;
    match named {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// Refuses a database whose purpose is another, wherever it lies; marks a new one.
pub(crate) async fn check(store: &Store, database: &Path, development: bool) -> Result<(), Error> {
    let database = database.display();
    match (store.is_for_development().await?, development) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => Err(format!(
            "{database} was made by `serve --dev`: a user with a public password is in it. \
             Choose another database, or add --dev"
        )
        .into()),
        (false, true) => {
            let mark = Batch::new().then(installation::mark_development());
            match store.commit(mark).await {
                Ok(_) => Ok(()),
                Err(StoreError::Conflict { .. }) => Err(not_for_development(&database).into()),
                Err(error) => Err(error.into()),
            }
        }
    }
}

fn not_for_development(database: &dyn std::fmt::Display) -> String {
    format!(
        "{database} was not made by `serve --dev`, which would add a user with a public \
         password to it. Choose another --data-dir, or leave out --dev"
    )
}

/// Where the hosted pages are while nobody says anything else: at the server itself, by the names
/// of this machine for which browsers keep its cookies without TLS.
pub(crate) fn public_urls(listen: SocketAddr) -> Result<Vec<PublicUrl>, Error> {
    let port = listen.port();
    let hosts = ["localhost", "127.0.0.1"];
    let urls = hosts.map(|host| format!("http://{host}:{port}{PAGES}").parse());
    Ok(urls.into_iter().collect::<Result<_, _>>()?)
}

/// Opens sign-up, allows short passwords and adds the user and the flow to try, where nobody
/// has set anything yet.
pub(crate) async fn furnish(operator: &Operator) -> Result<(), Error> {
    let partner = Slug::default_partner();
    let loaded = operator.store.partner(&partner).await?;
    let untouched = Some(OwnSettings::default());
    let Some(loaded) = loaded.filter(|loaded| loaded.partner.settings == untouched) else {
        return Ok(());
    };
    let flow = Flow {
        url: FLOW_URL.parse()?,
        force: None,
    };
    let settings = OwnSettings {
        sign_up: Some(SignUp::Open),
        password_min_length: Some(SHORTEST_PASSWORD),
        flows: Some(BTreeMap::from([(FLOW.parse()?, flow)])),
        name: Some(NAME.parse()?),
        ..OwnSettings::default()
    };
    add_user(operator, &partner).await?;
    // Last, since it is by this that the next start sees that all is there.
    let now = operator.clock.now();
    let batch = Batch::new()
        .then_all(partners::set_settings(&loaded, &settings, now))
        .then(feed::partners(now));
    operator.store.commit(batch).await?;
    Ok(())
}

/// Adds the user to try. Its password is public and among the first that are guessed, so nobody
/// could choose it: it is written past the rule, which has no exception.
async fn add_user(operator: &Operator, partner: &Slug) -> Result<(), Error> {
    let password = Password::present(&Secret::new(PASSWORD.to_owned()));
    let password = password.expect("it has ten bytes");
    let hash = operator.passwords.hash(password).await;
    let hash = hash.map_err(|_| "this machine is too busy to hash a password; try again")?;
    let identity = format!("username:{USERNAME}").parse()?;
    let now = operator.clock.now();
    let id = UserId::generate(now, &*operator.entropy);
    let added = Event::done(Action::UserAdded, operator.actor);
    let added = added.partner(partner).user(id);
    let batch = Batch::new()
        .then(users::insert(id, partner, Some(&hash), now))
        .then(users::insert_identity(partner, &identity, id, None, now))
        .then(operator.ledger.entry(&operator.caller, added, now));
    match operator.store.commit(batch).await {
        // An earlier start was cut short after this.
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the flow to try is still there: somebody may have set others.
pub(crate) async fn has_flow(operator: &Operator) -> Result<bool, Error> {
    let partner = operator.store.partner(&Slug::default_partner()).await?;
    let flows = partner.and_then(|stored| stored.partner.settings?.flows);
    let flow = flows.unwrap_or_default().remove(&FLOW.parse()?);
    Ok(flow.is_some_and(|flow| flow.url.parameters() == BTreeSet::from([FLOW_PARAMETER])))
}

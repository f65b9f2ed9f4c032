//! The API key of a folder for development, which lies in it in the clear.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use countersign_domain::Secret;
use countersign_domain::api_key::{Grant, Scope};
use countersign_domain::partner::Slug;
use countersign_domain::token::ApiKeyText;
use countersign_service::Failure;
use countersign_service::operator::{KeyChangeRefusal, NewKey, Operator};

use crate::Error;

const FILE: &str = "dev-api.key";
/// By this the next one is told from the keys that people create.
const NAME: &str = "serve --dev";

/// The key that is there to try: the folder's, or a new one where that is gone or works no
/// more. It may do all that a partner's can.
pub(crate) async fn api_key(operator: &Operator, folder: &Path) -> Result<ApiKeyText, Error> {
    let partner = Slug::default_partner();
    let scopes = Scope::ALL
        .into_iter()
        .filter(|scope| *scope != Scope::Admin);
    let grant = Grant::new(Some(partner), scopes)?;
    let path = folder.join(FILE);
    if let Some(text) = read(&path)? {
        let kept = operator.store.api_key(text.id()).await?;
        let works = kept.is_some_and(|key| {
            let admitted = key.admit(&text.hash(), None, operator.clock.now());
            admitted.is_ok() && key.grant == grant
        });
        if works {
            return Ok(text);
        }
    }
    let explain = |failure: Failure<KeyChangeRefusal>| match failure {
        Failure::Refused(refusal) => format!("the API key of --dev: {refusal}").into(),
        failure => Error::from(failure.to_string()),
    };
    // Nobody has the text of those that were made for files that are gone.
    let keys = operator.api_keys(grant.partner()).await.map_err(explain)?;
    for key in keys.iter().filter(|key| key.name == NAME) {
        operator.revoke_api_key(key.id).await.map_err(explain)?;
    }
    let new = NewKey {
        grant,
        name: NAME.to_owned(),
        life: None,
    };
    let created = operator.create_api_key(new).await.map_err(explain)?;
    write(folder, &created.text)?;
    Ok(created.text)
}

/// The key in a file; `None` where there is no file, or something else is in it.
fn read(path: &Path) -> Result<Option<ApiKeyText>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let bytes = Secret::new(bytes);
            let text = std::str::from_utf8(bytes.expose()).unwrap_or_default();
            Ok(ApiKeyText::parse(text.trim_ascii()).ok())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
    }
}

/// Written aside and then given its name, so that nobody reads half of it.
fn write(folder: &Path, key: &ApiKeyText) -> Result<(), Error> {
    let aside = folder.join(format!("{FILE}.{}", std::process::id()));
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)?;
    let line = Secret::new(format!("{}\n", key.expose()));
    let written = file.write_all(line.expose().as_bytes());
    let named = written.and_then(|()| std::fs::rename(&aside, folder.join(FILE)));
    if named.is_err() {
        // It is the first error that counts.
        let _ = std::fs::remove_file(&aside);
    }
    Ok(named?)
}

//! The `hash_config` of a Firebase project, as its console shows it.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::Secret;
use countersign_service::FirebaseProject;

use crate::Error;

/// Bytes that are read of the file: it has a few lines.
const MOST: u64 = 64 << 10;

/// Reads the lines `name: value`, with or without quotes and commas.
pub(super) fn read(path: &Path) -> Result<FirebaseProject, Error> {
    let shown = path.display();
    let text = read_text(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let value = |name: &str| {
        let lines = text.expose().lines();
        let mut values = lines.filter_map(|line| {
            let (found, value) = line.split_once(':')?;
            let plain = |text: &str| text.trim_matches([' ', '\t', '"', ',']).to_owned();
            (plain(found) == name).then(|| plain(value))
        });
        values.next().ok_or_else(|| {
            format!("{shown} has no {name}; paste what the Firebase console shows as hash_config")
        })
    };
    let bytes = |name| {
        let value = Secret::new(value(name)?);
        let bytes = STANDARD.decode(value.expose());
        bytes.map_err(|_| format!("{name} in {shown} is not base64"))
    };
    let number = |name| {
        let number = value(name)?.parse::<u64>();
        number.map_err(|_| format!("{name} in {shown} is not a number"))
    };
    Ok(FirebaseProject {
        signer_key: Secret::new(bytes("base64_signer_key")?),
        salt_separator: bytes("base64_salt_separator")?,
        rounds: number("rounds")?,
        memory_cost: number("mem_cost")?,
    })
}

fn read_text(path: &Path) -> std::io::Result<Secret<String>> {
    use std::io::Read;
    let mut text = String::new();
    let read = std::fs::File::open(path)?
        .take(MOST)
        .read_to_string(&mut text);
    let text = Secret::new(text);
    read.map(|_| text)
}

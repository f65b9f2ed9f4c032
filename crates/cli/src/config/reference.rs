//! The reference for people and the schema for editors, both made from the table of keys.
//!
//! They are committed. A test compares them with the table; with `UPDATE_DOCS=1` in the
//! environment it rewrites them instead.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::keys::{KEYS, Key, SECTIONS};
use super::kind::Kind;

const INTRODUCTION: &str = "\
# Configuration

<!-- Made by `cargo xtask config` from crates/cli/src/config/keys.rs: change it there. -->

Countersign runs without any configuration; what is here changes it. A value comes from, each
winning over the one before:

1. its default,
2. the configuration file: the one that the flag `--config` or the variable
   `COUNTERSIGN_CONFIG` names, else `countersign.toml` in the folder the program is started in,
   if there is one,
3. the environment,
4. a flag.

The file is [TOML](https://toml.io). Durations are written as text, such as `\"15m\"`. A key or
a `COUNTERSIGN_…` variable that does not exist is refused, so that a slip of the hand cannot
leave a setting out; only the variables that Kubernetes sets for services are let pass. Editors
that know JSON Schema find one in [countersign.schema.json](countersign.schema.json).

```toml
listen = \"0.0.0.0:8080\"
master_key_file = \"/etc/countersign/master.key\"

[defaults]
sign_up = \"open\"
session_life = \"10m\"
```
";

/// `docs/operate/configuration.md`.
fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## At the top of the file\n");
    for key in in_section("") {
        describe(&mut page, key);
    }
    for (section, doc) in SECTIONS {
        write!(page, "\n## `[{section}]`\n\n{doc}\n").expect("a string takes it");
        for key in in_section(section) {
            describe(&mut page, key);
        }
    }
    page
}

fn describe(page: &mut String, key: &Key) {
    let mut facts = vec![format!("value: {}", key.kind.right())];
    facts.push(match (key.default, key.dev_default) {
        (Some(default), Some(dev)) => format!("default: `{default}`, under `--dev` `{dev}`"),
        (Some(default), None) => format!("default: `{default}`"),
        (None, _) => "default: none".to_owned(),
    });
    facts.push(format!("environment: `{}`", key.variable()));
    facts.extend(key.flag.map(|flag| format!("flag: `{flag}`")));
    let facts = facts.join("\n- ");
    write!(page, "\n### `{}`\n\n{}\n\n- {facts}\n", key.name, key.doc).expect("a string takes it");
}

/// `docs/operate/countersign.schema.json`, JSON Schema 2020-12.
fn schema() -> Value {
    let mut properties = schemas_in("");
    for (section, doc) in SECTIONS {
        let mut table = object(schemas_in(section));
        table["description"] = json!(doc);
        // A section within another comes after it.
        match section.split_once('.') {
            Some((outer, inner)) => properties[outer]["properties"][inner] = table,
            None => {
                properties.insert((*section).to_owned(), table);
            }
        }
    }
    let mut schema = object(properties);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Countersign's configuration file");
    schema
}

fn object(properties: Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn schemas_in(section: &str) -> Map<String, Value> {
    in_section(section)
        .map(|key| {
            let (_, name) = split(key);
            (name.to_owned(), schema_of(key))
        })
        .collect()
}

fn schema_of(key: &Key) -> Value {
    let mut schema = match &key.kind {
        Kind::Path
        | Kind::LogFilter
        | Kind::Networks
        | Kind::Text(_)
        | Kind::Secret(_)
        | Kind::Host
        | Kind::Mailbox => json!({ "type": "string", "minLength": 1 }),
        Kind::Database => json!({ "type": "string", "pattern": "^sqlite:." }),
        Kind::Address => json!({ "type": "string", "pattern": "^.+:[0-9]+$" }),
        Kind::Duration { .. } => json!({ "type": "string", "pattern": "^[0-9]+[smhd]$" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::MasterKey => json!({ "type": "string", "minLength": 44 }),
        Kind::Amount => json!({ "type": "string", "pattern": "^[0-9]+([.][0-9]{1,6})?$" }),
    };
    schema["description"] = json!(format!("{} Write {}.", key.doc, key.kind.right()));
    if let Some(default) = key.default {
        schema["default"] = match &key.kind {
            Kind::Flag | Kind::Number { .. } => {
                default.parse().expect("what fits the kind is JSON too")
            }
            _ => json!(default),
        };
    }
    schema
}

fn in_section(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| split(key).0 == section)
}

/// The key's section, empty at the top of the file, and its name there.
fn split(key: &Key) -> (&'static str, &'static str) {
    key.name.rsplit_once('.').unwrap_or(("", key.name))
}

/// Compares a committed file with what it should be, or rewrites it.
#[track_caller]
fn check(name: &str, made: &str, same: impl Fn(&str) -> bool) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/operate")
        .join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a new folder");
        fs::write(&path, made).expect("a file that we may write");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        same(&committed),
        "docs/operate/{name} is stale; run `cargo xtask config`"
    );
}

#[test]
fn the_reference_is_current() {
    let made = markdown();
    check("configuration.md", &made, |committed| committed == made);
}

#[test]
fn the_schema_is_current() {
    let made = schema();
    let text = format!("{made:#}\n");
    // As values: the order of members depends on a feature that any dependency may turn on.
    check("countersign.schema.json", &text, |committed| {
        serde_json::from_str(committed).is_ok_and(|committed: Value| committed == made)
    });
}

#[test]
fn every_key_is_in_a_section_that_exists() {
    for key in KEYS {
        let (section, _) = split(key);
        let known = section.is_empty() || SECTIONS.iter().any(|(name, _)| *name == section);
        assert!(known, "{} is in no section", key.name);
    }
}

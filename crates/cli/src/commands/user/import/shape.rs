//! What each system calls what we call an identity, a password and a lock.

use countersign_domain::identity::{Identity, IdentityType};
use countersign_service::operator::{ImportedIdentity, ImportedUser};
use countersign_service::{FirebaseProject, HashRefusal, ImportedHash};
use serde_json::{Map, Value};

use super::row::Row;
use crate::arguments::ImportFormat;

/// What the operator says of a file.
pub(super) struct Trust {
    /// What the file calls verified is the user's own.
    pub(super) proved: bool,
    /// What a Firebase project's hashes were made with.
    pub(super) firebase: Option<FirebaseProject>,
}

/// Our own columns and members.
const OWN: [&str; 9] = [
    "username",
    "email",
    "phone",
    "user_id",
    "password_hash",
    "email_verified",
    "phone_verified",
    "proved",
    "locked",
];

/// The columns that are read of a table of this format.
pub(super) fn columns(format: ImportFormat) -> &'static [&'static str] {
    match format {
        ImportFormat::Django => &["id", "username", "email", "password", "is_active"],
        ImportFormat::Devise => &[
            "id",
            "username",
            "email",
            "phone",
            "encrypted_password",
            "confirmed_at",
            "locked_at",
        ],
        _ => &OWN,
    }
}

/// Whether an element of a list is a user at all: a dump may hold other things.
pub(super) fn is_user(format: ImportFormat, element: &Map<String, Value>) -> bool {
    format != ImportFormat::Django
        || element
            .get("fields")
            .and_then(|fields| fields.get("password"))
            .is_some()
}

/// The user that stands in a row.
///
/// # Errors
/// Why it cannot be one, for the operator, without any of its values.
pub(super) fn user(
    format: ImportFormat,
    row: &Row<'_>,
    trust: &Trust,
) -> Result<ImportedUser, String> {
    let draft = Draft {
        row,
        trust,
        identities: Vec::new(),
    };
    match format {
        ImportFormat::Csv | ImportFormat::Jsonl => own(draft),
        ImportFormat::Auth0 => auth0(draft),
        ImportFormat::Firebase => firebase(draft),
        ImportFormat::Keycloak => keycloak(draft),
        ImportFormat::Django => django(draft),
        ImportFormat::Devise => devise(draft),
    }
}

struct Draft<'a> {
    row: &'a Row<'a>,
    trust: &'a Trust,
    identities: Vec<ImportedIdentity>,
}

impl Draft<'_> {
    /// Takes the identity under this name, if there is one.
    fn identity(&mut self, kind: IdentityType, name: &str, verified: bool) -> Result<(), String> {
        if let Some(text) = self.row.text(name)? {
            let identity = Identity::parse(kind, &text);
            self.add(
                identity.map_err(|error| format!("`{name}`: {error}"))?,
                verified,
            );
        }
        Ok(())
    }

    fn add(&mut self, identity: Identity, verified: bool) {
        if !self.identities.iter().any(|one| one.identity == identity) {
            self.identities.push(ImportedIdentity {
                identity,
                proved: verified && self.trust.proved,
            });
        }
    }

    /// Takes the user name, unless it is the address once more.
    fn username(&mut self, name: &str) -> Result<(), String> {
        let text = self.row.text(name)?;
        let address = text.and_then(|text| Identity::parse(IdentityType::Email, &text).ok());
        let again = self
            .identities
            .iter()
            .any(|one| Some(&one.identity) == address.as_ref());
        if again {
            return Ok(());
        }
        self.identity(IdentityType::Username, name, false)
    }

    /// The hash of a password, as a text under this name.
    fn password(&self, name: &str) -> Result<Option<ImportedHash>, String> {
        let text = self.row.text(name)?;
        text.map(|text| ImportedHash::from_text(&text))
            .transpose()
            .map_err(told)
    }

    fn done(self, password: Option<ImportedHash>, locked: bool) -> Result<ImportedUser, String> {
        if self.identities.is_empty() {
            return Err("it has none of a username, email, phone or user_id".to_owned());
        }
        Ok(ImportedUser {
            identities: self.identities,
            password,
            locked,
        })
    }
}

fn told(refusal: HashRefusal) -> String {
    refusal.to_string()
}

fn own(mut draft: Draft<'_>) -> Result<ImportedUser, String> {
    let row = draft.row;
    // A member that is misspelled would be left out unseen, such as all passwords.
    if row.names().any(|name| !OWN.contains(&name)) {
        return Err(format!(
            "it has an unknown member; there are {}",
            OWN.join(", ")
        ));
    }
    let proved = row.flag("proved")?;
    let email = proved || row.flag("email_verified")?;
    let phone = proved || row.flag("phone_verified")?;
    draft.identity(IdentityType::UserId, "user_id", proved)?;
    draft.identity(IdentityType::Username, "username", proved)?;
    draft.identity(IdentityType::Email, "email", email)?;
    draft.identity(IdentityType::Phone, "phone", phone)?;
    let password = draft.password("password_hash")?;
    draft.done(password, row.flag("locked")?)
}

/// Auth0: what its support exports with hashes, and what its bulk import takes.
fn auth0(mut draft: Draft<'_>) -> Result<ImportedUser, String> {
    let row = draft.row;
    let exported = row.value("_id").and_then(|id| id.get("$oid"));
    if let Some(Value::String(id)) = exported {
        let id = Identity::parse(IdentityType::UserId, &format!("auth0|{id}"));
        draft.add(id.map_err(|error| format!("`_id`: {error}"))?, false);
    } else {
        draft.identity(IdentityType::UserId, "user_id", false)?;
    }
    draft.identity(IdentityType::Email, "email", row.flag("email_verified")?)?;
    draft.identity(
        IdentityType::Phone,
        "phone_number",
        row.flag("phone_verified")?,
    )?;
    draft.username("username")?;
    let password = match draft.password("passwordHash")? {
        Some(password) => Some(password),
        None => draft.password("password_hash")?,
    };
    let password = match (password, row.value("custom_password_hash")) {
        (None, Some(custom)) if !custom.is_null() => Some(auth0_custom(custom)?),
        (password, _) => password,
    };
    draft.done(password, row.flag("blocked")?)
}

/// A hash that Auth0 took over from yet another system; those whose value says all of it.
fn auth0_custom(custom: &Value) -> Result<ImportedHash, String> {
    let text = |path| custom.pointer(path).and_then(Value::as_str);
    let known = matches!(text("/algorithm"), Some("argon2" | "bcrypt" | "pbkdf2"));
    let plain = matches!(text("/hash/encoding"), None | Some("utf8"));
    // A password with something added was never the password alone.
    let alone = custom.get("salt").is_none();
    match text("/hash/value") {
        Some(value) if known && plain && alone => ImportedHash::from_text(value).map_err(told),
        _ => Err("`custom_password_hash` is none of the forms that can be imported".to_owned()),
    }
}

fn firebase(mut draft: Draft<'_>) -> Result<ImportedUser, String> {
    let row = draft.row;
    draft.identity(IdentityType::UserId, "localId", false)?;
    draft.identity(IdentityType::Email, "email", row.flag("emailVerified")?)?;
    // A number is there only once a code that was sent to it came back.
    draft.identity(IdentityType::Phone, "phoneNumber", true)?;
    let password = match (row.text("passwordHash")?, row.text("salt")?) {
        (None, _) => None,
        (Some(_), None) => return Err("`salt` is missing".to_owned()),
        (Some(hash), Some(salt)) => {
            let project = draft.trust.firebase.as_ref();
            let project = project.ok_or("its password needs --firebase-hash-config")?;
            Some(ImportedHash::from_firebase(project, &hash, &salt).map_err(told)?)
        }
    };
    draft.done(password, row.flag("disabled")?)
}

fn keycloak(mut draft: Draft<'_>) -> Result<ImportedUser, String> {
    let row = draft.row;
    if row.has("serviceAccountClientId") {
        return Err("it is a service account and no person".to_owned());
    }
    draft.identity(IdentityType::UserId, "id", false)?;
    draft.identity(IdentityType::Email, "email", row.flag("emailVerified")?)?;
    draft.username("username")?;
    let credentials = row.value("credentials").and_then(Value::as_array);
    let text = |credential: &Value, name: &str| {
        let text = credential.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mut passwords = credentials
        .into_iter()
        .flatten()
        .filter(|credential| text(credential, "type") == "password");
    let password = passwords.next().map(|credential| {
        let data = text(credential, "credentialData");
        ImportedHash::from_keycloak(&data, &text(credential, "secretData")).map_err(told)
    });
    draft.done(password.transpose()?, !row.flag_or_yes("enabled")?)
}

/// Django: a row of `auth_user`, or an element of `dumpdata`.
fn django(mut draft: Draft<'_>) -> Result<ImportedUser, String> {
    draft.identity(IdentityType::UserId, "id", false)?;
    draft.identity(IdentityType::UserId, "pk", false)?;
    let fields = draft
        .row
        .value("fields")
        .and_then(Value::as_object)
        .cloned();
    let fields = fields.as_ref().map(Row::Json);
    let row = fields.as_ref().unwrap_or(draft.row);
    let mut draft = Draft {
        row,
        trust: draft.trust,
        identities: draft.identities,
    };
    draft.identity(IdentityType::Email, "email", false)?;
    draft.username("username")?;
    let text = row.text("password")?;
    // Django writes an exclamation mark where there is no password.
    let text = text.filter(|text| !text.starts_with('!'));
    let password = text.map(|text| ImportedHash::from_text(&text)).transpose();
    draft.done(password.map_err(told)?, !row.flag_or_yes("is_active")?)
}

fn devise(mut draft: Draft<'_>) -> Result<ImportedUser, String> {
    let row = draft.row;
    draft.identity(IdentityType::UserId, "id", false)?;
    draft.identity(IdentityType::Email, "email", row.has("confirmed_at"))?;
    draft.identity(IdentityType::Phone, "phone", false)?;
    draft.username("username")?;
    let password = draft.password("encrypted_password")?;
    draft.done(password, row.has("locked_at"))
}

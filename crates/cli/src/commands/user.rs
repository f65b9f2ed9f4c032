//! `countersign user`.

use std::io::Read;

use countersign_domain::Secret;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_domain::user::User as DomainUser;
use countersign_service::Failure;
use countersign_service::operator::{NewUser, UserRefusal, WhichUser};
use countersign_store::Migrate;
use serde_json::{Value, json};

use super::{open, open_existing, operator};
use crate::Error;
use crate::arguments::{Name, Partner, User};
use crate::config::Config;

/// Bytes that are read of a password: one more than any may have, so that a longer one is
/// refused and not cut.
const MOST: u64 = 4096;

pub(super) async fn run(command: User, config: &Config, json: bool) -> Result<(), Error> {
    let store = match command {
        User::Add { .. } => open(config, Migrate::OnlyNew)?,
        _ => open_existing(config)?,
    };
    let operator = operator(config, store).await?;
    match command {
        User::Add {
            identities,
            password_stdin,
            proved,
            partner,
        } => {
            let identities = identities.iter().map(|text| text.parse());
            let identities = identities.collect::<Result<Vec<Identity>, _>>()?;
            let password = password_stdin.then(read_password).transpose()?;
            let new = NewUser {
                partner: &slug(&partner)?,
                identities: &identities,
                password: password.as_ref(),
                proved,
            };
            let added = operator.add_user(&new).await;
            let id = added.map_err(|failure| explain("", failure))?.to_string();
            print(json, &id, || json!({ "id": id }));
        }
        User::Show(name) => {
            let user = operator.show_user(&parse(&name)?).await;
            let user = user.map_err(|failure| explain(&name.user, failure))?;
            print(json, &lines(&user), || object(&user));
        }
        User::Lock(name) => {
            let locked = operator.lock_user(&parse(&name)?).await;
            let locked = locked.map_err(|failure| explain(&name.user, failure))?;
            let text = if locked {
                "Locked. Its sessions end within a second."
            } else {
                "It was locked already."
            };
            print(json, text, || json!({ "changed": locked }));
        }
        User::Unlock(name) => {
            let unlocked = operator.unlock_user(&parse(&name)?).await;
            let unlocked = unlocked.map_err(|failure| explain(&name.user, failure))?;
            let text = if unlocked {
                "Unlocked."
            } else {
                "It was not locked."
            };
            print(json, text, || json!({ "changed": unlocked }));
        }
        User::Delete(name) => {
            let deleted = operator.delete_user(&parse(&name)?).await;
            deleted.map_err(|failure| explain(&name.user, failure))?;
            let text = "Deleted. Its sessions end within a second.";
            print(json, text, || json!({ "changed": true }));
        }
        User::SetPassword { name, .. } => {
            let set = operator
                .set_password(&parse(&name)?, &read_password()?)
                .await;
            set.map_err(|failure| explain(&name.user, failure))?;
            let text = "Set. All its devices are signed out within a second.";
            print(json, text, || json!({ "changed": true }));
        }
    }
    Ok(())
}

fn slug(partner: &Partner) -> Result<Slug, Error> {
    Ok(partner.slug.parse()?)
}

fn parse(name: &Name) -> Result<WhichUser, Error> {
    if let Ok(id) = name.user.parse() {
        return Ok(WhichUser::Id(id));
    }
    let identity: Identity = name.user.parse()?;
    Ok(WhichUser::Identity(slug(&name.partner)?, identity))
}

/// A password from standard input, without the end of its line.
fn read_password() -> Result<Secret<String>, Error> {
    let mut text = String::new();
    let read = std::io::stdin().take(MOST).read_to_string(&mut text);
    let mut text = Secret::new(text);
    read.map_err(|error| format!("cannot read a password from standard input: {error}"))?;
    let line = text.expose();
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line).to_owned();
    text = Secret::new(line);
    if text.expose().contains(char::is_control) {
        return Err("a password is one line without control characters".into());
    }
    Ok(text)
}

/// What a refusal means for whom `who` names.
fn explain(who: &str, failure: Failure<UserRefusal>) -> Error {
    match failure {
        Failure::Refused(UserRefusal::NotFound) => format!("there is no user {who}").into(),
        Failure::Refused(refusal) => refusal.into(),
        Failure::Overloaded(_) => "this machine is too busy to hash a password; try again".into(),
        Failure::Store(error) => error.into(),
    }
}

fn print(json: bool, text: &str, object: impl FnOnce() -> Value) {
    if json {
        println!("{}", object());
    } else {
        println!("{text}");
    }
}

fn lines(user: &DomainUser) -> String {
    let mut lines = vec![
        format!("id          {}", user.id),
        format!("partner     {}", user.partner),
        format!("status      {}", user.status.as_str()),
        format!("created at  {}", user.created_at),
        format!("updated at  {}", user.updated_at),
    ];
    let identities = user.identities.iter();
    lines.extend(identities.map(|i| format!("identity    {}:{}", i.kind(), i.value())));
    lines.join("\n")
}

fn object(user: &DomainUser) -> Value {
    let identities = user.identities.iter();
    let identities = identities.map(|i| json!({ "type": i.kind().as_str(), "value": i.value() }));
    json!({
        "id": user.id.to_string(),
        "partner": user.partner.as_str(),
        "status": user.status.as_str(),
        "created_at": user.created_at.to_string(),
        "updated_at": user.updated_at.to_string(),
        "identities": identities.collect::<Vec<_>>(),
    })
}

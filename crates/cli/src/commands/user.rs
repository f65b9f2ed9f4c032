//! `countersign user`.

use std::io::Read;

use countersign_domain::Secret;
use countersign_domain::id::DeviceId;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_service::Failure;
use countersign_service::operator::{NewUser, Operator, UserRefusal, WhichUser};
use countersign_store::Migrate;
use serde_json::json;

use super::output::{print, print_changed};
use super::{open, open_existing, operator};
use crate::Error;
use crate::arguments::{Name, NewUser as NewUserArguments, Partner, User};
use crate::config::Config;

mod import;
mod text;

/// Bytes that are read of a password: one more than any may have, so that a longer one is
/// refused and not cut.
const MOST: u64 = 4096;

pub(super) async fn run(command: User, config: &Config, json: bool) -> Result<(), Error> {
    if let User::Import(users) = &command {
        return import::run(users, config, json).await;
    }
    let store = match command {
        User::Add(_) => open(config, Migrate::OnlyNew)?,
        _ => open_existing(config)?,
    };
    let operator = operator(config, store).await?;
    match command {
        User::Add(new) => add(&operator, &new, json).await,
        User::Import(_) => unreachable!("done above"),
        User::Show(name) => {
            let user = operator.show_user(&parse(&name)?).await;
            let user = user.map_err(|failure| explain(&name.user, failure))?;
            print(json, &text::lines(&user), || text::object(&user))
        }
        User::Export(name) => {
            let export = operator.export_user(&parse(&name)?).await;
            let export = text::export(&export.map_err(|failure| explain(&name.user, failure))?);
            // For whoever it is of: in JSON always, and without `--json` laid out.
            print(json, &format!("{export:#}"), || export.clone())
        }
        User::Devices(name) => {
            let devices = operator.devices_of(&parse(&name)?).await;
            let devices = devices.map_err(|failure| explain(&name.user, failure))?;
            let objects = || devices.iter().map(text::device).collect::<Vec<_>>();
            print(
                json,
                &text::devices(&devices),
                || json!({ "devices": objects() }),
            )
        }
        User::SignOut { name, device } => sign_out(&operator, &name, &device, json).await,
        User::Lock(name) => {
            let locked = operator.lock_user(&parse(&name)?).await;
            let locked = locked.map_err(|failure| explain(&name.user, failure))?;
            let done = "Locked. Its sessions end within a second.";
            print_changed(json, locked, (done, "It was locked already."))
        }
        User::Unlock(name) => {
            let unlocked = operator.unlock_user(&parse(&name)?).await;
            let unlocked = unlocked.map_err(|failure| explain(&name.user, failure))?;
            print_changed(json, unlocked, ("Unlocked.", "It was not locked."))
        }
        User::Delete(name) => {
            let deleted = operator.delete_user(&parse(&name)?).await;
            deleted.map_err(|failure| explain(&name.user, failure))?;
            let done = "Deleted. Its sessions end within a second.";
            print_changed(json, true, (done, ""))
        }
        User::SetPassword { name, .. } => {
            let set = operator
                .set_password(&parse(&name)?, &read_password()?)
                .await;
            set.map_err(|failure| explain(&name.user, failure))?;
            let done = "Set. All its devices are signed out within a second.";
            print_changed(json, true, (done, ""))
        }
    }
}

async fn add(operator: &Operator, arguments: &NewUserArguments, json: bool) -> Result<(), Error> {
    let identities = arguments.identities.iter().map(|text| text.parse());
    let identities = identities.collect::<Result<Vec<Identity>, _>>()?;
    let password = arguments.password_stdin.then(read_password).transpose()?;
    let new = NewUser {
        partner: &slug(&arguments.partner)?,
        identities: &identities,
        password: password.as_ref(),
        proved: arguments.proved,
    };
    let added = operator.add_user(&new).await;
    let id = added.map_err(|failure| explain("", failure))?.to_string();
    print(json, &id, || json!({ "id": id }))
}

async fn sign_out(operator: &Operator, name: &Name, id: &str, json: bool) -> Result<(), Error> {
    let user = parse(name)?;
    let list = format!("`countersign user devices {}` lists its devices", name.user);
    let id: DeviceId = id.parse().map_err(|_| {
        format!("a device's id looks like 0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d; {list}")
    })?;
    // The one refusal stands for two.
    let shown = operator.show_user(&user).await;
    shown.map_err(|failure| explain(&name.user, failure))?;
    let ended = operator.end_device(&user, id).await;
    let ended = ended.map_err(|failure| match failure {
        Failure::Refused(UserRefusal::NotFound) => {
            format!("{} has no device {id}; {list}", name.user).into()
        }
        failure => explain(&name.user, failure),
    })?;
    let done = "Signed out. Its sessions end within a second.";
    print_changed(json, ended, (done, "It was signed out already."))
}

fn slug(partner: &Partner) -> Result<Slug, Error> {
    Ok(partner.slug.parse()?)
}

pub(super) fn parse(name: &Name) -> Result<WhichUser, Error> {
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
pub(super) fn explain(who: &str, failure: Failure<UserRefusal>) -> Error {
    match failure {
        Failure::Refused(UserRefusal::NotFound) => format!(
            "there is no user {who} of the partner that --partner names, or else of `default`"
        )
        .into(),
        Failure::Refused(refusal) => refusal.into(),
        Failure::Overloaded(_) => "this machine is too busy to hash a password; try again".into(),
        Failure::Store(error) => error.into(),
    }
}

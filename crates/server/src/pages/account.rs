//! `account`: where a person is signed in, and the end of that.

use askama::Template;
use countersign_domain::Timestamp;
use countersign_domain::ago::Ago;
use countersign_domain::device;
use countersign_domain::id::DeviceId;
use countersign_domain::identity::known_as;
use countersign_domain::session::Session;
use countersign_domain::web::ReturnTo;
use countersign_service::{Failure, ListedDevice, Recognised, SignOutDeviceRefusal};

use super::Shown;
use super::frame::{Frame, show};
use super::reply::Reply;
use super::trouble::Trouble;
use super::visit::Visit;
use super::words::Fact;

/// What the last action came to stands in the address, for one page: the id of a device that was
/// signed out, or one of these words. No name does.
const SAID: &str = "said";
const OTHERS: &str = "others";
const UNKNOWN: &str = "unknown";

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    frame: &'a Frame,
    /// Who is signed in, with most of it hidden: others may look at the same screen.
    who: Option<String>,
    devices: Vec<Row>,
    /// What the last action came to.
    said: Option<String>,
    unknown: bool,
    action: String,
    sign_out: String,
    ask_others: Option<String>,
    home: String,
}

/// A device as it is listed.
struct Row {
    id: String,
    name: String,
    seen: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "account-others.html")]
struct AskPage<'a> {
    frame: &'a Frame,
    action: String,
}

/// Shows the devices; or asks whether all others are meant.
pub(crate) async fn page(visit: &mut Visit) -> Shown {
    let Some(session) = signed_in(visit).await? else {
        return Ok(to_sign_in(visit));
    };
    if visit.parameter("ask")?.as_deref() == Some(OTHERS) {
        let frame = visit.frame();
        let page = AskPage {
            frame: &frame,
            action: here(visit, None),
        };
        return Ok(show(&frame, &page));
    }
    let token = visit.session_token().ok_or(Trouble::Unavailable)?;
    let mut devices = match visit.service.devices(token.expose()).await {
        Ok(devices) => devices,
        Err(Failure::Refused(_)) => return Ok(to_sign_in(visit)),
        Err(Failure::Overloaded(_)) => return Err(Trouble::Unavailable),
        Err(Failure::Store(error)) => return Err(error.into()),
    };
    // The others stay in their order: the last seen first.
    devices.sort_by_key(|listed| !listed.current);
    let frame = visit.frame();
    let said = said(visit, &frame, &session, &devices).await?;
    let now = visit.service.time();
    let others = devices.iter().filter(|listed| !listed.current).count();
    let page = AccountPage {
        frame: &frame,
        who: known_as(&session.identities),
        devices: devices.iter().map(|it| row(&frame, it, now)).collect(),
        said,
        unknown: visit.parameter(SAID)?.as_deref() == Some(UNKNOWN),
        action: here(visit, None),
        sign_out: visit.url("sign-out", &ReturnTo::home(&visit.site.public)),
        ask_others: (others > 0).then(|| here(visit, Some(("ask", OTHERS)))),
        home: ReturnTo::home(&visit.site.public).path().to_owned(),
    };
    Ok(show(&frame, &page))
}

/// Signs out one device, or all others.
pub(crate) async fn submit(visit: &mut Visit) -> Shown {
    let Some(session) = signed_in(visit).await? else {
        return Ok(to_sign_in(visit));
    };
    let token = visit.session_token().ok_or(Trouble::Unavailable)?;
    let (service, caller) = (&visit.service, &visit.caller);
    if visit.form.field("confirm") == OTHERS {
        let done = service.sign_out_others(caller, token.expose()).await;
        return match done {
            Ok(()) => Ok(Reply::see_other(here(visit, Some((SAID, OTHERS))))),
            Err(Failure::Refused(_)) => Ok(to_sign_in(visit)),
            Err(Failure::Overloaded(_)) => Err(Trouble::Unavailable),
            Err(Failure::Store(error)) => Err(error.into()),
        };
    }
    let unknown = here(visit, Some((SAID, UNKNOWN)));
    let Ok(id) = visit.form.field("device").parse::<DeviceId>() else {
        return Ok(Reply::see_other(unknown));
    };
    if id == session.device {
        // This one's cookies go as well.
        let home = ReturnTo::home(&visit.site.public);
        return Ok(Reply::see_other(visit.url("sign-out", &home)));
    }
    match service.sign_out_device(caller, id, token.expose()).await {
        Ok(()) => {
            let there = here(visit, Some((SAID, &id.to_string())));
            Ok(Reply::see_other(there))
        }
        // Another user's, or nobody's: that is all one.
        Err(Failure::Refused(SignOutDeviceRefusal::NotFound)) => Ok(Reply::see_other(unknown)),
        Err(Failure::Refused(SignOutDeviceRefusal::InvalidSession(_))) => Ok(to_sign_in(visit)),
        Err(Failure::Overloaded(_)) => Err(Trouble::Unavailable),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

async fn signed_in(visit: &mut Visit) -> Result<Option<Box<Session>>, Trouble> {
    match visit.recognise().await? {
        Recognised::Nobody => Ok(None),
        Recognised::Blocked => Err(Trouble::Blocked),
        Recognised::User { session, .. } => Ok(Some(session)),
    }
}

fn to_sign_in(visit: &Visit) -> Reply {
    let account = ReturnTo::account(&visit.site.public);
    Reply::see_other(visit.url("sign-in", &account))
}

/// This page, with one more parameter.
fn here(visit: &Visit, parameter: Option<(&str, &str)>) -> String {
    let path = visit.url("account", &ReturnTo::home(&visit.site.public));
    let Some((name, value)) = parameter else {
        return path;
    };
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{name}={value}")
}

/// What the last action came to. It is said only where it is so: anybody can write a link.
async fn said(
    visit: &mut Visit,
    frame: &Frame,
    session: &Session,
    devices: &[ListedDevice],
) -> Result<Option<String>, Trouble> {
    let Some(said) = visit.parameter(SAID)? else {
        return Ok(None);
    };
    if said == OTHERS {
        let alone = devices.iter().all(|listed| listed.current);
        return Ok(alone.then(|| frame.say("account-others-ended")));
    }
    let Ok(id) = said.parse::<DeviceId>() else {
        return Ok(None);
    };
    if devices.iter().any(|listed| listed.device.id == id) {
        return Ok(None);
    }
    let name = visit.service.device_name(session, id).await?;
    Ok(name.map(|name| {
        let name = named(frame, &name);
        frame.say_of("account-device-ended", "device", &name)
    }))
}

fn row(frame: &Frame, listed: &ListedDevice, now: Timestamp) -> Row {
    Row {
        id: listed.device.id.to_string(),
        name: named(frame, &listed.device.name),
        seen: seen(frame, Ago::of(listed.device.last_seen_at, now)),
        current: listed.current,
    }
}

fn named(frame: &Frame, name: &str) -> String {
    if name == device::UNKNOWN {
        frame.say("account-unknown-device")
    } else {
        name.to_owned()
    }
}

/// When a device was last seen.
fn seen(frame: &Frame, ago: Ago) -> String {
    match ago {
        Ago::JustNow => frame.say("account-seen-just-now"),
        Ago::Minutes(minutes) => frame.say_of("account-seen-minutes", "minutes", minutes),
        Ago::Hours(hours) => frame.say_of("account-seen-hours", "hours", hours),
        Ago::Yesterday => frame.say("account-seen-yesterday"),
        Ago::Days(days) => frame.say_of("account-seen-days", "days", days),
        Ago::On(date) => frame.words.say_with(
            "account-seen-on",
            &[
                ("day", Fact::from(date.day)),
                ("month", Fact::from(date.month)),
                ("year", Fact::from(date.year)),
            ],
        ),
    }
}

//! `password`.

pub(crate) mod forgotten;

use askama::Template;
use countersign_domain::Secret;
use countersign_domain::device::DeviceDescription;
use countersign_domain::identity::Identity;
use countersign_domain::web::ReturnTo;
use countersign_domain::work::Form;
use countersign_service::{Failure, LogIn, LogInRefusal, Proof};
use http::StatusCode;

use super::address::{Address, Field};
use super::frame::{Frame, show};
use super::otp::{Again, former_token, refused, signed_in_already};
use super::reply::Reply;
use super::visit::Visit;
use super::wait::in_words;
use super::ways::{Way, Ways};
use super::work::{self, WorkField};
use super::{Shown, arrived};

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    frame: &'a Frame,
    field: Field,
    error: Option<String>,
    work: Option<WorkField>,
    button: String,
    others: Vec<Way>,
}

/// Asks for the name and the password.
pub(crate) async fn page(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    let ways = Ways::of(visit);
    if !ways.password {
        return Ok(Reply::see_other(visit.url("sign-in", &return_to)));
    }
    if let Some(on) = signed_in_already(visit, &return_to).await? {
        return Ok(on);
    }
    let again = Again {
        work: work::offered(visit, Form::Password),
        ..Again::default()
    };
    Ok(form(visit, &ways, &return_to, again))
}

/// Tries the password. Whoever it is of, and whether there is anybody, the answer is the same.
pub(crate) async fn submit(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    let ways = Ways::of(visit);
    if !ways.password {
        return Ok(Reply::see_other(visit.url("sign-in", &return_to)));
    }
    let frame = visit.frame();
    let address = Address::or_name(visit);
    let Ok(identity) = address.read(visit.form.field("identity")) else {
        // Nobody has such a name; it is wrong like any other.
        let again = Again::of(StatusCode::UNAUTHORIZED, frame.say("password-wrong"));
        return Ok(form(visit, &ways, &return_to, again));
    };
    if let Some(again) = Again::for_work(work::check(visit, Form::Password).await?) {
        return Ok(form(visit, &ways, &return_to, again));
    }
    let log_in = log_in(visit, identity);
    match visit.service.log_in(&visit.caller, log_in).await {
        Ok(view) => arrived::go_on(visit, &view, return_to.path()).await,
        Err(Failure::Store(error)) => Err(error.into()),
        Err(failure) => Ok(match why(&frame, &failure) {
            Some(mut again) => {
                again.work = work::offered(visit, Form::Password);
                form(visit, &ways, &return_to, again)
            }
            None => Reply::see_other(visit.url("sign-in", &return_to)),
        }),
    }
}

fn log_in(visit: &Visit, identity: Identity) -> LogIn {
    LogIn {
        partner: visit.site.partner.clone(),
        identity,
        proof: Proof::Password(Secret::new(visit.form.field("password").to_owned())),
        pin: None,
        description: DeviceDescription::default(),
        locale: Some(visit.words.locale().clone()),
        device_token: former_token(visit),
    }
}

fn why(frame: &Frame, failure: &Failure<LogInRefusal>) -> Option<Again> {
    match failure {
        Failure::Refused(LogInRefusal::TooMany(wait)) => {
            let text = in_words(frame.words, *wait);
            let error = frame.say_of("password-too-many", "wait", &text);
            Some(Again::of(StatusCode::TOO_MANY_REQUESTS, error).after(*wait))
        }
        Failure::Refused(LogInRefusal::SwitchedOff) => {
            let error = frame.say("password-switched-off");
            Some(Again::of(StatusCode::UNAUTHORIZED, error))
        }
        failure => refused(frame, failure),
    }
}

fn form(visit: &Visit, ways: &Ways, return_to: &ReturnTo, again: Again) -> Reply {
    let frame = visit.frame();
    let mut others = ways.beside_password(visit, &frame, return_to);
    if forgotten::is_offered(visit, ways) {
        others.push(Way {
            label: frame.say("way-forgotten"),
            href: visit.url("password/forgotten", return_to),
        });
    }
    let (status, retry_after) = (again.status, again.retry_after);
    let page = PasswordPage {
        field: Address::or_name(visit).field(&frame, visit.form.field("identity")),
        error: again.error,
        work: again.work,
        button: frame.say("password-button"),
        others,
        frame: &frame,
    };
    Again::shown(status, retry_after, show(&frame, &page))
}

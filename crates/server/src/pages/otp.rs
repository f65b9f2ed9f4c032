//! `otp`: a code by e-mail or SMS. Here the address is asked for; [`code`] asks for the code.

mod again;
mod code;

use askama::Template;
use countersign_domain::Secret;
use countersign_domain::authentication::Channel;
use countersign_domain::device::DeviceDescription;
use countersign_domain::identity::Identity;
use countersign_domain::sms::SmsRefusal;
use countersign_domain::web::ReturnTo;
use countersign_domain::work::Form;
use countersign_service::{Failure, LogIn, LogInRefusal, Proof, Recognised};
use http::StatusCode;

use super::Shown;
use super::address::{Address, Field};
use super::frame::{Frame, show};
use super::reply::Reply;
use super::trouble::Trouble;
use super::visit::Visit;
use super::wait::{in_words, whole_seconds};
use super::ways::{Way, Ways};
use super::work::{self, WorkField};

pub(crate) use code::{code_page, submit};

/// A page that asks for an address: here, and where a password was forgotten.
#[derive(Template)]
#[template(path = "address.html")]
struct AddressPage<'a> {
    frame: &'a Frame,
    heading: String,
    help: String,
    /// How numbers are written.
    hint: Option<String>,
    button: String,
    field: Field,
    error: Option<String>,
    work: Option<WorkField>,
    others: Vec<Way>,
}

/// What is shown again of a form that came to nothing.
#[derive(Default)]
pub(crate) struct Again {
    pub(crate) error: Option<String>,
    pub(crate) work: Option<WorkField>,
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<u64>,
}

/// Asks for the address.
pub(crate) async fn page(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    let ways = Ways::of(visit);
    if ways.channels.is_empty() {
        return Ok(Reply::see_other(visit.url("sign-in", &return_to)));
    }
    if let Some(on) = signed_in_already(visit, &return_to).await? {
        return Ok(on);
    }
    let again = Again {
        work: work::offered(visit, Form::Send),
        ..Again::default()
    };
    Ok(form(visit, &ways, &return_to, again))
}

/// Sends on who is signed in: they went back to a form that they do not need.
pub(crate) async fn signed_in_already(
    visit: &mut Visit,
    return_to: &ReturnTo,
) -> Result<Option<Reply>, Trouble> {
    match visit.recognise().await? {
        Recognised::Nobody => Ok(None),
        Recognised::Blocked => Err(Trouble::Blocked),
        Recognised::User { .. } => Ok(Some(Reply::see_other(return_to.path()))),
    }
}

/// Sends a code to the address.
pub(crate) async fn send(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    let ways = Ways::of(visit);
    if ways.channels.is_empty() {
        return Ok(Reply::see_other(visit.url("sign-in", &return_to)));
    }
    let frame = visit.frame();
    let address = Address::of(visit, &ways.channels);
    let identity = match address.read(visit.form.field("identity")) {
        Ok(identity) => identity,
        Err(wrong) => {
            let again = Again::of(
                StatusCode::UNPROCESSABLE_ENTITY,
                address.wrong(&frame, wrong),
            );
            return Ok(form(visit, &ways, &return_to, again));
        }
    };
    if let Some(again) = Again::for_work(work::check(visit, Form::Send).await?) {
        return Ok(form(visit, &ways, &return_to, again));
    }
    let channel = Channel::to(identity.kind()).ok_or(Trouble::Malformed)?;
    let sent_to = identity.masked();
    match visit
        .service
        .log_in(&visit.caller, log_in(visit, identity, channel))
        .await
    {
        Ok(begun) => Ok(code::await_answer(
            visit, &return_to, begun.id, channel, sent_to,
        )),
        Err(Failure::Store(error)) => Err(error.into()),
        Err(failure) => Ok(match refused(&frame, &failure) {
            Some(again) => form(visit, &ways, &return_to, again),
            None => Reply::see_other(visit.url("sign-in", &return_to)),
        }),
    }
}

fn log_in(visit: &Visit, identity: Identity, channel: Channel) -> LogIn {
    LogIn {
        partner: visit.site.partner.clone(),
        identity,
        proof: Proof::Code(channel),
        pin: None,
        description: DeviceDescription::default(),
        locale: Some(visit.words.locale().clone()),
        device_token: former_token(visit),
    }
}

/// The authentication token that this browser has or had: it makes it a known device.
pub(crate) fn former_token(visit: &Visit) -> Option<Secret<String>> {
    let token = visit.kept.held.authentication.as_ref()?;
    Some(Secret::new(token.expose().to_owned()))
}

/// What to show of a log-in that was refused; `None` where this way is closed.
pub(crate) fn refused(frame: &Frame, failure: &Failure<LogInRefusal>) -> Option<Again> {
    let words = frame.words;
    let too_many = |id: &str, wait| {
        let text = in_words(words, wait);
        let error = frame.say_of(id, "wait", &text);
        Again::of(StatusCode::TOO_MANY_REQUESTS, error).after(wait)
    };
    Some(match failure {
        Failure::Refused(refusal) => match refusal {
            LogInRefusal::UnknownPartner
            | LogInRefusal::AuthenticatorUnavailable
            | LogInRefusal::PinMissing => return None,
            LogInRefusal::WrongIdentityType => {
                let error = frame.say("address-wrong-both");
                Again::of(StatusCode::UNPROCESSABLE_ENTITY, error)
            }
            LogInRefusal::InvalidCredentials => {
                Again::of(StatusCode::UNAUTHORIZED, frame.say("password-wrong"))
            }
            LogInRefusal::Sms(SmsRefusal::CountryNotAllowed) => {
                let error = frame.say("otp-country");
                Again::of(StatusCode::UNPROCESSABLE_ENTITY, error)
            }
            LogInRefusal::Sms(SmsRefusal::BudgetSpent(wait) | SmsRefusal::BreakerOpen(wait)) => {
                Again::of(StatusCode::TOO_MANY_REQUESTS, frame.say("otp-no-sms")).after(*wait)
            }
            LogInRefusal::TooMany(wait) => too_many("otp-too-many", *wait),
            LogInRefusal::SwitchedOff => {
                Again::of(StatusCode::UNAUTHORIZED, frame.say("otp-switched-off"))
            }
        },
        Failure::Overloaded(wait) => {
            let error = frame.say("too-busy");
            Again::of(StatusCode::SERVICE_UNAVAILABLE, error).after(*wait)
        }
        Failure::Store(_) => return None,
    })
}

impl Again {
    pub(crate) fn of(status: StatusCode, error: String) -> Self {
        Self {
            error: Some(error),
            status,
            ..Self::default()
        }
    }

    pub(crate) fn after(mut self, wait: std::time::Duration) -> Self {
        self.retry_after = Some(whole_seconds(wait));
        self
    }

    /// The form once more, with work to be done.
    pub(crate) fn for_work(work: Option<WorkField>) -> Option<Self> {
        let work = work?;
        Some(Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: work.wait.map(whole_seconds),
            work: Some(work),
            error: None,
        })
    }

    /// A page with what became of it.
    pub(crate) fn shown(status: StatusCode, retry_after: Option<u64>, reply: Reply) -> Reply {
        let mut reply = reply.status(status);
        reply.retry_after = retry_after;
        reply
    }
}

fn form(visit: &Visit, ways: &Ways, return_to: &ReturnTo, again: Again) -> Reply {
    let frame = visit.frame();
    let words = ["otp-heading", "otp-help", "otp-button"];
    let others = ways.beside_codes(visit, &frame, return_to);
    ask(visit, &frame, words, ways, others, again)
}

/// The page that asks for an address, with these words for its heading, its help and its button.
pub(crate) fn ask(
    visit: &Visit,
    frame: &Frame,
    words: [&str; 3],
    ways: &Ways,
    others: Vec<Way>,
    again: Again,
) -> Reply {
    let address = Address::of(visit, &ways.channels);
    let [heading, help, button] = words.map(|word| frame.say(word));
    let (status, retry_after) = (again.status, again.retry_after);
    let page = AddressPage {
        frame,
        heading,
        help,
        hint: address.about_numbers(frame),
        button,
        field: address.field(frame, visit.form.field("identity")),
        error: again.error,
        work: again.work,
        others,
    };
    Again::shown(status, retry_after, show(frame, &page))
}

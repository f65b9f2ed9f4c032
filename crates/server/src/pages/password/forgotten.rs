//! `password/forgotten`: a message with which a new password is set, on the application's page.

use askama::Template;
use countersign_domain::web::ReturnTo;
use countersign_domain::work::Form;
use countersign_service::{Failure, LogInRefusal, RequestPasswordReset, RequestResetRefusal};
use http::StatusCode;

use crate::pages::Shown;
use crate::pages::address::Address;
use crate::pages::frame::{Frame, show};
use crate::pages::otp::{Again, ask, former_token, refused};
use crate::pages::reply::Reply;
use crate::pages::visit::Visit;
use crate::pages::ways::{Way, Ways};
use crate::pages::work;

/// What a page says where no form is.
#[derive(Template)]
#[template(path = "sent.html")]
struct SentPage<'a> {
    frame: &'a Frame,
    /// Back to the log-in.
    next: String,
}

/// Whether there is a page on which a new password can be set, and a way to send its link.
pub(super) fn is_offered(visit: &Visit, ways: &Ways) -> bool {
    visit.site.settings.reset_url.is_some() && ways.password && !ways.channels.is_empty()
}

/// Asks where to send it; says that it was sent, if it was.
pub(crate) async fn page(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    let ways = Ways::of(visit);
    if !is_offered(visit, &ways) {
        return Ok(Reply::see_other(visit.url("sign-in", &return_to)));
    }
    if visit.parameter("sent")?.is_some() {
        let frame = visit.frame();
        let next = visit.url("password", &return_to);
        let page = SentPage {
            frame: &frame,
            next,
        };
        return Ok(show(&frame, &page));
    }
    let again = Again {
        work: work::offered(visit, Form::Send),
        ..Again::default()
    };
    Ok(form(visit, &ways, &return_to, again))
}

/// Sends it, if it is anybody's.
pub(crate) async fn submit(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    let ways = Ways::of(visit);
    if !is_offered(visit, &ways) {
        return Ok(Reply::see_other(visit.url("sign-in", &return_to)));
    }
    let frame = visit.frame();
    let address = Address::of(visit, &ways.channels);
    let identity = match address.read(visit.form.field("identity")) {
        Ok(identity) => identity,
        Err(wrong) => {
            let error = address.wrong(&frame, wrong);
            let again = Again::of(StatusCode::UNPROCESSABLE_ENTITY, error);
            return Ok(form(visit, &ways, &return_to, again));
        }
    };
    if let Some(again) = Again::for_work(work::check(visit, Form::Send).await?) {
        return Ok(form(visit, &ways, &return_to, again));
    }
    let request = RequestPasswordReset {
        partner: visit.site.partner.clone(),
        identity,
        locale: Some(visit.words.locale().clone()),
        device_token: former_token(visit),
    };
    let asked = visit.service.request_password_reset(&visit.caller, request);
    match asked.await {
        Ok(()) => {
            let there = visit.url("password/forgotten", &return_to);
            let joint = if there.contains('?') { '&' } else { '?' };
            Ok(Reply::see_other(format!("{there}{joint}sent=1")))
        }
        Err(Failure::Store(error)) => Err(error.into()),
        Err(failure) => Ok(match refused(&frame, &failure.map(as_log_in)) {
            Some(again) => form(visit, &ways, &return_to, again),
            None => Reply::see_other(visit.url("sign-in", &return_to)),
        }),
    }
}

/// The same words are right for both.
fn as_log_in(refusal: RequestResetRefusal) -> LogInRefusal {
    match refusal {
        RequestResetRefusal::UnknownPartner => LogInRefusal::UnknownPartner,
        RequestResetRefusal::AuthenticatorUnavailable => LogInRefusal::AuthenticatorUnavailable,
        RequestResetRefusal::WrongIdentityType => LogInRefusal::WrongIdentityType,
        RequestResetRefusal::TooMany(wait) => LogInRefusal::TooMany(wait),
        RequestResetRefusal::Sms(refusal) => LogInRefusal::Sms(refusal),
    }
}

fn form(visit: &Visit, ways: &Ways, return_to: &ReturnTo, again: Again) -> Reply {
    let frame = visit.frame();
    let words = ["forgotten-heading", "forgotten-help", "forgotten-button"];
    let back = Way {
        label: frame.say("forgotten-back"),
        href: visit.url("password", return_to),
    };
    ask(visit, &frame, words, ways, vec![back], again)
}

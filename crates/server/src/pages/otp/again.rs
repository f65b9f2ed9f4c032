//! Another code: for the challenge while it lives, and by a new one afterwards.

use countersign_domain::challenge::SendAgainRefusal;
use countersign_domain::device::DeviceDescription;
use countersign_domain::sms::SmsRefusal;
use countersign_domain::work::Form;
use countersign_service::{BeginAgain, Failure, Standing};
use http::StatusCode;

use crate::pages::Shown;
use crate::pages::reply::Reply;
use crate::pages::visit::Visit;
use crate::pages::wait::in_words;

use super::code::{Awaited, await_answer, render, standing};
use super::{Again, former_token, refused};

/// Sends another code: for this challenge while it lives, and by a new one afterwards.
pub(super) async fn send_again(visit: &Visit, awaited: &Awaited) -> Shown {
    let live = standing(visit, awaited).await?;
    if live.is_live(visit.service.time()) {
        let sent = visit.service.send_again(&visit.caller, awaited.challenge);
        let frame = visit.frame();
        let again = match sent.await {
            Ok(()) => {
                let here = visit.path(&format!("otp/{}", awaited.text));
                return Ok(Reply::see_other(here));
            }
            Err(Failure::Store(error)) => return Err(error.into()),
            Err(Failure::Overloaded(wait)) => {
                let error = frame.say("too-busy");
                Again::of(StatusCode::SERVICE_UNAVAILABLE, error).after(wait)
            }
            Err(Failure::Refused(SendAgainRefusal::TooSoon(wait))) => {
                let text = in_words(frame.words, wait);
                let error = frame.say_of("code-too-soon", "wait", &text);
                Again::of(StatusCode::TOO_MANY_REQUESTS, error).after(wait)
            }
            Err(Failure::Refused(SendAgainRefusal::Over)) => {
                Again::of(StatusCode::UNAUTHORIZED, frame.say("otp-switched-off"))
            }
            Err(Failure::Refused(SendAgainRefusal::Sms(SmsRefusal::CountryNotAllowed))) => {
                Again::of(StatusCode::UNPROCESSABLE_ENTITY, frame.say("otp-country"))
            }
            Err(Failure::Refused(SendAgainRefusal::Sms(_))) => {
                Again::of(StatusCode::TOO_MANY_REQUESTS, frame.say("otp-no-sms"))
            }
        };
        return Ok(render(visit, awaited, &live, again));
    }
    begin_again(visit, awaited, &live).await
}

async fn begin_again(visit: &Visit, awaited: &Awaited, standing: &Standing) -> Shown {
    let begin = || Ok(Reply::see_other(awaited.begin.clone()));
    // There the proof of work is asked for.
    if visit
        .service
        .demands_work(&visit.caller, &visit.site, Form::Send)
    {
        return begin();
    }
    let again = BeginAgain {
        challenge: awaited.challenge,
        description: DeviceDescription::default(),
        locale: Some(visit.words.locale().clone()),
        device_token: former_token(visit),
    };
    let (service, partner) = (&visit.service, &visit.site.partner);
    match service.begin_again(&visit.caller, partner, again).await {
        Ok(Some((begun, channel))) => {
            let sent_to = awaited.sent_to.clone();
            Ok(await_answer(
                visit,
                &awaited.return_to,
                begun.id,
                channel,
                sent_to,
            ))
        }
        Ok(None) => begin(),
        Err(Failure::Store(error)) => Err(error.into()),
        Err(failure) => match refused(&visit.frame(), &failure) {
            Some(again) => Ok(render(visit, awaited, standing, again)),
            None => begin(),
        },
    }
}

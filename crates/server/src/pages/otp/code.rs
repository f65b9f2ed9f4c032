//! `otp/{state}`: the code that was sent is asked for.

use std::time::Duration;

use askama::Template;
use countersign_domain::Secret;
use countersign_domain::authentication::Channel;
use countersign_domain::challenge::{Guess, GuessRefusal};
use countersign_domain::id::AuthenticationId;
use countersign_domain::identity;
use countersign_domain::page::{PageState, Step};
use countersign_domain::web::ReturnTo;
use countersign_service::{Answer, Failure, Standing};
use http::StatusCode;

use crate::pages::frame::{Frame, show};
use crate::pages::reply::Reply;
use crate::pages::trouble::Trouble;
use crate::pages::visit::Visit;
use crate::pages::wait::{in_words, whole_seconds};
use crate::pages::ways::{Way, Ways};
use crate::pages::words::Fact;
use crate::pages::{Shown, arrived};

use super::Again;
use super::again::send_again;

/// How long the page of a code can be returned to: longer than its challenge sends codes.
const LIFE: Duration = Duration::from_secs(60 * 60);
/// Digits of a code.
const DIGITS: usize = 6;

/// What this browser was sent.
pub(super) struct Awaited {
    pub(super) challenge: AuthenticationId,
    pub(super) sent_to: String,
    pub(super) return_to: ReturnTo,
    /// Where the person begins anew.
    pub(super) begin: String,
    /// The sealed text in the address.
    pub(super) text: String,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage<'a> {
    frame: &'a Frame,
    heading: String,
    help: String,
    /// Whether a code is still taken.
    live: bool,
    error: Option<String>,
    /// When another may be asked for, in words; `None` where it may be now.
    again_in: Option<String>,
    /// The same in seconds, to be counted down.
    again_seconds: u64,
    /// Whether another is ever sent for this.
    again: bool,
    /// What the address may have been meant to be.
    meant: Option<String>,
    /// Where to give another address.
    begin: String,
    others: Vec<Way>,
}

/// Goes on to where the code is awaited.
pub(super) fn await_answer(
    visit: &Visit,
    return_to: &ReturnTo,
    challenge: AuthenticationId,
    channel: Channel,
    sent_to: String,
) -> Reply {
    let state = visit.service.seal_state(&PageState {
        partner: visit.site.partner.clone(),
        browser: visit.browser().mark(),
        return_to: return_to.path().to_owned(),
        locale: visit.asked.clone(),
        expires_at: visit.service.time().plus(LIFE),
        step: Step::Answering {
            challenge,
            channel,
            sent_to,
        },
    });
    Reply::bound(visit.path(&format!("otp/{}", state.expose())))
}

/// Asks for the code. Nothing is sent by it, however often it is loaded.
pub(crate) async fn code_page(visit: &mut Visit, text: &str) -> Shown {
    let awaited = awaited(visit, text).await?;
    let standing = standing(visit, &awaited).await?;
    if standing.redeemed && signed_in_by(visit, &awaited) {
        return Ok(Reply::see_other(awaited.return_to.path()));
    }
    let again = Again::default();
    Ok(render(visit, &awaited, &standing, again))
}

/// Takes the code, or sends another.
pub(crate) async fn submit(visit: &mut Visit, text: &str) -> Shown {
    let awaited = awaited(visit, text).await?;
    if !visit.form.field("again").is_empty() {
        return send_again(visit, &awaited).await;
    }
    let code = trimmed(visit.form.field("code"));
    if code.len() != DIGITS || !code.bytes().all(|digit| digit.is_ascii_digit()) {
        // It is none, so that no try is lost with it.
        let error = visit.frame().say("code-digits");
        let again = Again::of(StatusCode::UNPROCESSABLE_ENTITY, error);
        let standing = standing(visit, &awaited).await?;
        return Ok(render(visit, &awaited, &standing, again));
    }
    let challenge = awaited.challenge;
    let nonce = visit.nonce(&format!("{challenge} {code}"));
    let guess = Guess {
        code: Secret::new(code),
        pin: None,
    };
    let answer = Answer {
        challenge,
        guess,
        nonce: Some(nonce),
    };
    match visit.service.answer_challenge(&visit.caller, answer).await {
        Ok(view) => arrived::go_on(visit, &view, awaited.return_to.path()).await,
        Err(Failure::Store(error)) => Err(error.into()),
        Err(failure) => {
            let standing = standing(visit, &awaited).await?;
            if standing.redeemed && signed_in_by(visit, &awaited) {
                return Ok(Reply::see_other(awaited.return_to.path()));
            }
            let again = wrong(visit, &standing, &failure);
            Ok(render(visit, &awaited, &standing, again))
        }
    }
}

/// What an earlier page of this browser says that was sent; from here on in its language.
async fn awaited(visit: &mut Visit, text: &str) -> Result<Awaited, Trouble> {
    let state = visit.state(text).await?;
    visit.speak(state.locale.as_ref());
    let return_to = visit.place(&state);
    let Step::Answering {
        challenge, sent_to, ..
    } = state.step
    else {
        return Err(Trouble::NoSuchPage);
    };
    Ok(Awaited {
        challenge,
        sent_to,
        begin: visit.url("otp", &return_to),
        return_to,
        text: text.to_owned(),
    })
}

pub(super) async fn standing(visit: &Visit, awaited: &Awaited) -> Result<Standing, Trouble> {
    let partner = &visit.site.partner;
    let standing = visit.service.standing(partner, awaited.challenge).await?;
    standing.ok_or_else(|| Trouble::Expired(awaited.begin.clone()))
}

/// Whether this browser holds what the challenge became: it answered, and comes once more.
fn signed_in_by(visit: &Visit, awaited: &Awaited) -> bool {
    let held = visit.kept.held.authentication.as_ref();
    held.is_some_and(|held| held.id() == awaited.challenge)
}

/// Without what people and messages put between digits.
fn trimmed(code: &str) -> String {
    let between = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '.');
    code.chars().filter(|c| !between(c)).collect()
}

fn wrong(visit: &Visit, standing: &Standing, failure: &Failure<GuessRefusal>) -> Again {
    let frame = visit.frame();
    let live = standing.is_live(visit.service.time());
    let unauthorized = |error| Again::of(StatusCode::UNAUTHORIZED, error);
    match failure {
        // The page says itself why it is over.
        Failure::Refused(GuessRefusal::TooMany(wait)) => {
            let text = in_words(frame.words, *wait);
            let error = frame.say_of("code-too-many-tries", "wait", &text);
            Again::of(StatusCode::TOO_MANY_REQUESTS, error).after(*wait)
        }
        Failure::Refused(GuessRefusal::SwitchedOff) => unauthorized(frame.say("otp-switched-off")),
        Failure::Refused(GuessRefusal::Expired) if live => unauthorized(frame.say("code-older")),
        Failure::Refused(GuessRefusal::Invalid) if live => {
            let tries = u64::try_from(standing.tries_left).unwrap_or_default();
            unauthorized(frame.say_of("code-wrong", "tries", Fact::from(tries)))
        }
        Failure::Refused(_) => Again {
            status: StatusCode::UNAUTHORIZED,
            ..Again::default()
        },
        Failure::Overloaded(wait) => {
            let error = frame.say("too-busy");
            Again::of(StatusCode::SERVICE_UNAVAILABLE, error).after(*wait)
        }
        Failure::Store(_) => Again::of(StatusCode::SERVICE_UNAVAILABLE, frame.say("too-busy")),
    }
}

pub(super) fn render(visit: &Visit, awaited: &Awaited, standing: &Standing, again: Again) -> Reply {
    let (frame, now) = (visit.frame(), visit.service.time());
    let live = standing.is_live(now);
    let (heading, help) = match standing {
        _ if live && standing.sends > 1 => ("code-heading", "code-sent-again"),
        _ if live => ("code-heading", "code-sent"),
        standing if standing.redeemed => ("code-used-heading", "code-new-help"),
        standing if standing.tries_left == 0 => ("code-tries-heading", "code-tries-help"),
        _ => ("code-expired-heading", "code-new-help"),
    };
    let wait = standing.send_again_at.map(|at| at.since(now));
    let wait = wait.filter(|wait| live && !wait.is_zero());
    let domain = awaited.sent_to.rsplit_once('@').map(|(_, domain)| domain);
    let meant = domain.and_then(identity::meant_domain);
    let ways = Ways::of(visit);
    let (status, retry_after) = (again.status, again.retry_after);
    let page = CodePage {
        heading: frame.say(heading),
        help: frame.say_of(help, "to", &awaited.sent_to),
        live,
        error: again.error,
        again_in: wait.map(|wait| in_words(frame.words, wait)),
        again_seconds: wait.map_or(0, whole_seconds),
        again: !live || standing.send_again_at.is_some(),
        meant: meant.filter(|_| live).map(str::to_owned),
        begin: awaited.begin.clone(),
        others: if live {
            Vec::new()
        } else {
            ways.beside_codes(visit, &frame, &awaited.return_to)
        },
        frame: &frame,
    };
    Again::shown(status, retry_after, show(&frame, &page))
}

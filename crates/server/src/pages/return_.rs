//! `return/{transaction}`: the way back from the partner's login (Login Force).

use askama::Template;
use countersign_domain::Secret;
use countersign_domain::authentication::Authenticator;
use countersign_domain::one_time::Purpose;
use countersign_domain::page::{StateRefusal, Step};
use countersign_domain::policy;
use countersign_domain::token::BrowserSecret;
use countersign_domain::web::ONE_TIME_TOKEN;
use countersign_service::Recognised;

use super::Shown;
use super::enter::go_on_with;
use super::frame::{Frame, show};
use super::reply::Reply;
use super::trouble::Trouble;
use super::visit::Visit;

#[derive(Template)]
#[template(path = "return.html")]
struct ReturnPage<'a> {
    frame: &'a Frame,
    /// Where the person tries again.
    again: String,
    /// Another way in, where the partner has one.
    other: Option<String>,
}

/// Takes back whom this browser sent to the partner's login, and nobody else.
pub(crate) async fn arrive(visit: &mut Visit, text: &str) -> Shown {
    let token = visit.parameter(ONE_TIME_TOKEN)?;
    if visit.arriving().prefetch {
        return Ok(Reply::not_yet());
    }
    let state = visit.service.open_state(text).await?;
    let state = state.ok_or(Trouble::NoSuchPage)?;
    let Step::AtPartner(id) = state.step else {
        return Err(Trouble::NoSuchPage);
    };
    visit.speak(state.locale.as_ref());
    let place = visit.place(&state);
    let left = visit.kept.transaction(id).map(BrowserSecret::mark);
    let left = state.check(&visit.site.partner, left, visit.service.time());
    match left {
        Ok(()) => {}
        Err(StateRefusal::OtherPartner) => return Err(Trouble::NoSuchPage),
        Err(refusal) => {
            // Whoever came in already, and went back, goes on.
            if matches!(visit.recognise().await?, Recognised::User { .. }) {
                return Ok(Reply::see_other(place.path()));
            }
            // What is said of it is said where the token is not.
            if token.is_some() {
                let there = visit.path(&format!("return/{text}"));
                return Ok(Reply::see_other(there));
            }
            let again = visit.again(&state);
            return Err(match refusal {
                StateRefusal::Expired => Trouble::Expired(again),
                _ => Trouble::OtherBrowser(again),
            });
        }
    }
    let Some(token) = token.map(Secret::new) else {
        if matches!(visit.recognise().await?, Recognised::User { .. }) {
            return Ok(Reply::see_other(place.path()));
        }
        let ways = policy::hosted(&visit.site.settings, &visit.service.delivers());
        let other = ways.first().map(|way| match way {
            Authenticator::Password => visit.url("password", &place),
            _ => visit.url("otp", &place),
        });
        let frame = visit.frame();
        let page = ReturnPage {
            frame: &frame,
            again: visit.again(&state),
            other,
        };
        return Ok(show(&frame, &page));
    };
    let step = Step::Entering {
        token,
        purpose: Purpose::Force,
        unasked: true,
        transaction: Some(id),
    };
    go_on_with(visit, state.return_to, step).await
}

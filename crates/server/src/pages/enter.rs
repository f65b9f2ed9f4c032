//! `enter`: who comes with a one-time token, from a link or from the partner's login.
//!
//! The token leaves the address at once: it goes on sealed, bound to this browser, and only a
//! form redeems it.

use askama::Template;
use countersign_domain::Secret;
use countersign_domain::id::UserId;
use countersign_domain::identity::known_as;
use countersign_domain::landing::unasked;
use countersign_domain::one_time::{Purpose, RedeemRefusal};
use countersign_domain::page::{PageState, Step, TRANSACTION_LIFE};
use countersign_domain::session::Session;
use countersign_domain::web::ONE_TIME_TOKEN;
use countersign_service::{Examined, Failure, Recognised, SignedIn};

use super::frame::{Frame, show};
use super::reply::Reply;
use super::trouble::Trouble;
use super::visit::Visit;
use super::{Shown, browser};

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage<'a> {
    frame: &'a Frame,
    /// As whom the person goes on, most of it hidden.
    as_whom: String,
    /// As whom this browser is signed in, if it is: by what they know it, and the id.
    over: Option<(String, UserId)>,
    /// Whether the page presses its button itself.
    unasked: bool,
    /// Where whoever stays as they are goes on.
    stay: String,
}

/// Takes the token of a link out of the address.
pub(crate) async fn arrive(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    let token = visit.parameter(ONE_TIME_TOKEN)?;
    if visit.arriving().prefetch {
        return Ok(Reply::not_yet());
    }
    let Some(token) = token.map(Secret::new) else {
        return Ok(Reply::see_other(visit.url("sign-in", &return_to)));
    };
    let signed_in = matches!(visit.recognise().await?, Recognised::User { .. });
    let from_app = visit.service.is_from_app(&token).await?;
    let settings = &visit.site.settings;
    let step = Step::Entering {
        unasked: unasked(&visit.arriving(), signed_in, from_app, settings),
        token,
        purpose: Purpose::Link,
        transaction: None,
    };
    go_on_with(visit, return_to.path().to_owned(), step).await
}

/// The longest token that is taken out of an address, in bytes; none of ours is as long.
const LONGEST: usize = 2_000;

/// Goes on to the page that asks, or that says why not: a token that is refused here may be worth
/// something elsewhere, and does not stay in the address either.
pub(super) async fn go_on_with(visit: &mut Visit, return_to: String, step: Step) -> Shown {
    let state = PageState {
        partner: visit.site.partner.clone(),
        browser: visit.browser().mark(),
        return_to,
        locale: visit.asked.clone(),
        expires_at: visit.service.time().plus(TRANSACTION_LIFE),
        step,
    };
    if matches!(&state.step, Step::Entering { token, .. } if token.expose().len() > LONGEST) {
        return Err(Trouble::NotForHere(visit.again(&state)));
    }
    let text = visit.service.seal_state(&state);
    Ok(Reply::bound(
        visit.path(&format!("enter/{}", text.expose())),
    ))
}

/// Asks whether to go on, or says that the person is being signed in.
pub(crate) async fn page(visit: &mut Visit, state: &str) -> Shown {
    let state = entering(visit, state).await?;
    let Step::Entering { unasked, .. } = &state.step else {
        return Err(Trouble::NoSuchPage);
    };
    let (examined, there) = match look(visit, &state).await? {
        Looked::Through(reply) => return Ok(reply),
        Looked::At(examined, there) => (examined, there),
    };
    let frame = visit.frame();
    let page = EnterPage {
        frame: &frame,
        as_whom: examined.as_whom.unwrap_or_default(),
        unasked: *unasked && there.is_none(),
        over: there.map(|session| {
            (
                known_as(&session.identities).unwrap_or_else(|| frame.name.clone()),
                session.user,
            )
        }),
        stay: visit.place(&state).path().to_owned(),
    };
    Ok(show(&frame, &page))
}

/// Redeems the token.
pub(crate) async fn submit(visit: &mut Visit, text: &str) -> Shown {
    let state = entering(visit, text).await?;
    let Step::Entering { token, purpose, .. } = &state.step else {
        return Err(Trouble::NoSuchPage);
    };
    if let Recognised::User { session, .. } = visit.recognise().await? {
        match look(visit, &state).await? {
            Looked::Through(reply) => return Ok(reply),
            // Somebody signed in here since the page was shown: it asks anew.
            Looked::At(..) if visit.form.field("over") != session.user.to_string() => {
                return Ok(Reply::see_other(visit.path(&format!("enter/{text}"))));
            }
            Looked::At(..) => {}
        }
    }
    let nonce = visit.nonce(token.expose());
    let before = visit.kept.held.authentication.clone();
    let redeemed =
        visit
            .service
            .redeem_on_page(&visit.caller, &visit.site, (token, *purpose), nonce, before);
    let redeemed = redeemed.await;
    let SignedIn {
        authentication,
        session,
        ..
    } = redeemed.map_err(|failure| refused(visit, &state, failure))?;
    let cookies = browser::signed_in(&authentication, &session, visit.service.time());
    Ok(through(visit, &state).cookies(cookies))
}

/// What a page state of a token comes to.
enum Looked {
    /// There is nothing to ask: the person goes on.
    Through(Reply),
    /// What the token says, and who is signed in here.
    At(Examined, Option<Box<Session>>),
}

async fn look(visit: &mut Visit, state: &PageState) -> Result<Looked, Trouble> {
    let Step::Entering { token, purpose, .. } = &state.step else {
        return Err(Trouble::NoSuchPage);
    };
    let there = match visit.recognise().await? {
        Recognised::User { session, .. } => Some(session),
        // Who is locked here may be somebody else now; if not, redeeming says so.
        Recognised::Nobody | Recognised::Blocked => None,
    };
    let service = visit.service.clone();
    let signed_in = there.is_some();
    let examined = service.examine(&visit.caller, &visit.site, token, *purpose, signed_in);
    match examined.await {
        Err(Failure::Refused(RedeemRefusal::Used)) if there.is_some() => {
            Ok(Looked::Through(through(visit, state)))
        }
        Ok(examined) => {
            let same = there.as_ref().map(|session| session.user);
            if same.is_some() && same == examined.user {
                return Ok(Looked::Through(through(visit, state)));
            }
            Ok(Looked::At(examined, there))
        }
        Err(failure) => Err(refused(visit, state, failure)),
    }
}

async fn entering(visit: &mut Visit, text: &str) -> Result<PageState, Trouble> {
    let state = visit.state(text).await?;
    visit.speak(state.locale.as_ref());
    Ok(state)
}

/// On to the place, with an end of the way to the partner's login.
fn through(visit: &Visit, state: &PageState) -> Reply {
    let ended = match &state.step {
        Step::Entering { transaction, .. } => *transaction,
        _ => None,
    };
    let ended = ended.map(|id| browser::forget(browser::transaction_name(id)));
    Reply::see_other(visit.place(state).path()).cookies(ended)
}

/// The page of a refusal. To a stranger a token that ended is one that is not for here.
fn refused(visit: &Visit, state: &PageState, failure: Failure<RedeemRefusal>) -> Trouble {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Overloaded(_) => return Trouble::Unavailable,
        Failure::Store(error) => return error.into(),
    };
    let again = visit.again(state);
    let forced = matches!(
        state.step,
        Step::Entering {
            purpose: Purpose::Force,
            ..
        }
    );
    match refusal {
        RedeemRefusal::Locked => Trouble::Blocked,
        RedeemRefusal::Expired if forced => Trouble::Expired(again),
        _ if forced => Trouble::NotReturned(again),
        RedeemRefusal::Expired => Trouble::LinkExpired(again),
        RedeemRefusal::Used => Trouble::LinkUsed(again),
        _ => Trouble::NotForHere(again),
    }
}

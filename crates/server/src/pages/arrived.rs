//! What every log-in on these pages ends in: cookies, and the place that the person came for.

use countersign_domain::authentication::ExchangeRefusal;
use countersign_service::{AuthenticationView, Credential, ExchangeRequest, Failure};

use super::reply::Reply;
use super::trouble::Trouble;
use super::visit::Visit;
use super::{Shown, browser};

/// Signs this browser in, and sends the person on.
pub(crate) async fn go_on(visit: &Visit, view: &AuthenticationView, place: &str) -> Shown {
    let token = view.token.clone().ok_or(Trouble::Unavailable)?;
    let request = ExchangeRequest { token, pin: None };
    let opened = visit.service.open_session(&visit.caller, request).await;
    let opened = opened.map_err(|failure| match failure {
        Failure::Refused(ExchangeRefusal::AccountUnusable) => Trouble::Blocked,
        Failure::Refused(_) | Failure::Overloaded(_) => Trouble::Unavailable,
        Failure::Store(error) => error.into(),
    })?;
    end_former(visit, view).await;
    let cookies = browser::signed_in(view, &opened, visit.service.time());
    Ok(Reply::see_other(place).cookies(cookies))
}

/// Ends what this browser was signed in with before, whoever that was: its token is gone from
/// here, and nobody else should have it. The device stays known by it all the same.
async fn end_former(visit: &Visit, view: &AuthenticationView) {
    let former = visit.kept.held.authentication.clone();
    let Some(former) = former.filter(|former| former.id() != view.id) else {
        return;
    };
    let (id, credential) = (former.id(), Credential::Authentication(former));
    let ended = visit.service.sign_out(&visit.caller, id, &credential).await;
    if let Err(Failure::Store(error)) = ended {
        tracing::warn!(%error, "a former sign-in of this browser could not be ended");
    }
}

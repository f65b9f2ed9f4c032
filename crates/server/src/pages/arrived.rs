//! What every log-in on these pages ends in: cookies, and the place that the person came for.

use countersign_domain::authentication::ExchangeRefusal;
use countersign_service::{AuthenticationView, Failure};

use super::reply::Reply;
use super::trouble::Trouble;
use super::visit::Visit;
use super::{Shown, browser};

/// Signs this browser in, and sends the person on.
pub(crate) async fn go_on(visit: &Visit, view: &AuthenticationView, place: &str) -> Shown {
    let token = view.token.clone().ok_or(Trouble::Unavailable)?;
    let former = visit.kept.held.authentication.clone();
    let opened = visit.service.settle(&visit.caller, token, former).await;
    let opened = opened.map_err(|failure| match failure {
        Failure::Refused(ExchangeRefusal::AccountUnusable) => Trouble::Blocked,
        Failure::Refused(_) | Failure::Overloaded(_) => Trouble::Unavailable,
        Failure::Store(error) => error.into(),
    })?;
    let cookies = browser::signed_in(view, &opened, visit.service.time());
    Ok(Reply::see_other(place).cookies(cookies))
}

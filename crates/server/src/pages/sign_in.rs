//! `sign-in`: how this person comes in, by what the partner sets.

use countersign_domain::authentication::Authenticator;
use countersign_domain::policy::{self, Mechanism};
use countersign_service::Recognised;

use super::Shown;
use super::reply::Reply;
use super::trouble::Trouble;
use super::visit::Visit;

/// Sends who is signed in on, with a session that lives, and who is not to where they can be.
pub(crate) async fn page(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    let arriving = visit.arriving();
    if arriving.prefetch {
        return Ok(Reply::not_yet());
    }
    let visits = arriving.visits();
    let signed_in = match visit.recognise().await? {
        Recognised::Nobody => false,
        Recognised::Blocked => return Err(Trouble::Blocked),
        Recognised::User { .. } => true,
    };
    let flow = visit.parameter("flow")?.and_then(|name| name.parse().ok());
    let settings = &visit.site.settings;
    let mechanism = policy::mechanism(&policy::Visit {
        settings,
        flow: flow.and_then(|flow| settings.flows.get(&flow)),
        signed_in,
        token_present: false,
        delivers: &visit.service.delivers(),
    });
    match mechanism {
        // Also for a script of the application's, which renews its session so.
        Mechanism::GoOn => Ok(Reply::see_other(return_to.path())),
        // Nobody signs in at the partner within another page.
        Mechanism::Force if !visits => Err(Trouble::Framed),
        Mechanism::Force => {
            let departure = visit
                .service
                .depart(&visit.site, &return_to, visit.asked.as_ref())
                .ok_or(Trouble::NoWayIn)?;
            let cookies = visit.kept.departing(&departure);
            // The browser has its secret before it comes back, in however many tabs at once.
            Ok(Reply::bound(departure.url).cookies(cookies))
        }
        Mechanism::Hosted(ways) if ways.first() == Some(&Authenticator::Password) => {
            Ok(Reply::see_other(visit.url("password", &return_to)))
        }
        Mechanism::Hosted(_) => Ok(Reply::see_other(visit.url("otp", &return_to))),
        // Without a token there is nothing to redeem.
        Mechanism::Explain | Mechanism::Redeem => Err(Trouble::NoWayIn),
    }
}

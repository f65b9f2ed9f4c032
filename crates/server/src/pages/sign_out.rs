//! `sign-out`: this browser, and no other device.

use askama::Template;
use countersign_service::{Credential, Failure, Recognised, SignOutRefusal};

use super::frame::{Frame, show};
use super::reply::Reply;
use super::visit::Visit;
use super::{Shown, browser};

#[derive(Template)]
#[template(path = "sign-out.html")]
struct SignOutPage<'a> {
    frame: &'a Frame,
    signed_in: bool,
    /// Where the person goes on.
    next: String,
}

/// Asks once: a link that signs out would be followed by whatever follows links.
pub(crate) async fn page(visit: &mut Visit) -> Shown {
    let signed_in = !matches!(visit.recognise().await?, Recognised::Nobody);
    let next = visit.return_to()?.path().to_owned();
    let frame = visit.frame();
    let page = SignOutPage {
        frame: &frame,
        signed_in,
        next,
    };
    Ok(show(&frame, &page))
}

/// Ends the authentication that this browser holds, and its sessions.
pub(crate) async fn submit(visit: &mut Visit) -> Shown {
    if let Some(token) = visit.kept.held.authentication.clone() {
        let id = token.id();
        let credential = Credential::Authentication(token);
        let ended = visit.service.sign_out(&visit.caller, id, &credential).await;
        match ended {
            // What is unknown is as good as ended.
            Ok(())
            | Err(Failure::Refused(SignOutRefusal::InvalidToken | SignOutRefusal::NotFound)) => {}
            Err(Failure::Overloaded(_)) => return Err(super::Trouble::Unavailable),
            Err(Failure::Store(error)) => return Err(error.into()),
        }
    }
    let return_to = visit.return_to()?;
    let there = visit.url("sign-out", &return_to);
    Ok(Reply::see_other(there).cookies(browser::signed_out()))
}

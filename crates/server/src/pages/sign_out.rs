//! `sign-out`: this browser, and no other device.

use askama::Template;
use countersign_service::{Credential, Failure, Recognised, SignOutRefusal};

use super::frame::{Frame, show};
use super::reply::Reply;
use super::trouble::Trouble;
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
    let next = visit.return_to()?.path().to_owned();
    let signed_in = !matches!(visit.recognise().await?, Recognised::Nobody);
    let frame = visit.frame();
    let page = SignOutPage {
        frame: &frame,
        signed_in,
        next,
    };
    Ok(show(&frame, &page))
}

/// Ends the authentication that this browser holds, and its sessions. The cookies go only when
/// that is kept: who is told that they are signed out is.
pub(crate) async fn submit(visit: &mut Visit) -> Shown {
    let return_to = visit.return_to()?;
    end_authentication(visit).await?;
    end_session(visit).await?;
    let there = visit.url("sign-out", &return_to);
    Ok(Reply::see_other(there).cookies(browser::signed_out()))
}

async fn end_authentication(visit: &mut Visit) -> Result<(), Trouble> {
    let Some(token) = visit.kept.held.authentication.clone() else {
        return Ok(());
    };
    let id = token.id();
    let credential = Credential::Authentication(token);
    match visit.service.sign_out(&visit.caller, id, &credential).await {
        // What is unknown is as good as ended.
        Ok(()) | Err(Failure::Refused(SignOutRefusal::InvalidToken | SignOutRefusal::NotFound)) => {
            Ok(())
        }
        Err(Failure::Overloaded(_)) => Err(Trouble::Unavailable),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

/// A session outlives the authentication's end where it is of another one, or came without.
async fn end_session(visit: &mut Visit) -> Result<(), Trouble> {
    let Some(token) = visit.session_token() else {
        return Ok(());
    };
    let ended = match visit.service.verify(token.expose()).await {
        Ok(_) => {
            let service = &visit.service;
            service.end_session(&visit.caller, token.expose()).await
        }
        Err(failure) => Err(failure),
    };
    match ended {
        Ok(()) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Overloaded(_)) => Err(Trouble::Unavailable),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

//! The ways in that a partner's pages offer, and the lines that lead from one to another.

use countersign_domain::authentication::{Authenticator, Channel};
use countersign_domain::policy;
use countersign_domain::web::ReturnTo;

use super::frame::Frame;
use super::visit::Visit;

/// The ways in on our own pages.
pub(crate) struct Ways {
    /// Codes by these.
    pub(crate) channels: Vec<Channel>,
    pub(crate) password: bool,
}

/// A line that leads to another way.
pub(crate) struct Way {
    pub(crate) label: String,
    pub(crate) href: String,
}

impl Ways {
    pub(crate) fn of(visit: &Visit) -> Self {
        let ways = policy::hosted(&visit.site.settings, &visit.service.delivers());
        let channels = Channel::ALL.into_iter();
        let channels = channels.filter(|channel| ways.contains(&(*channel).into()));
        Self {
            channels: channels.collect(),
            password: ways.contains(&Authenticator::Password),
        }
    }

    /// The ways beside codes.
    pub(crate) fn beside_codes(
        &self,
        visit: &Visit,
        frame: &Frame,
        return_to: &ReturnTo,
    ) -> Vec<Way> {
        let password = self.password.then(|| Way {
            label: frame.say("way-password"),
            href: visit.url("password", return_to),
        });
        let partner = at_partner(visit, frame, return_to);
        password.into_iter().chain(partner).collect()
    }

    /// The ways beside a password.
    pub(crate) fn beside_password(
        &self,
        visit: &Visit,
        frame: &Frame,
        return_to: &ReturnTo,
    ) -> Vec<Way> {
        let code = (!self.channels.is_empty()).then(|| Way {
            label: frame.say("way-code"),
            href: visit.url("otp", return_to),
        });
        let partner = at_partner(visit, frame, return_to);
        code.into_iter().chain(partner).collect()
    }
}

/// The partner's own login, where its users are sent there.
fn at_partner(visit: &Visit, frame: &Frame, return_to: &ReturnTo) -> Option<Way> {
    let settings = &visit.site.settings;
    let sent = settings.force && settings.login_url.is_some();
    sent.then(|| Way {
        label: frame.say("way-partner"),
        href: visit.url("sign-in", return_to),
    })
}

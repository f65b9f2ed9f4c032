//! Make a link: a URL into a flow, with a partner's word for the user who opens it.

use std::collections::BTreeMap;

use countersign_domain::api_key::{KeyRefusal, Scope};
use countersign_domain::asserted::InvalidAssertion;
use countersign_domain::audit::{Action, Reason};
use countersign_domain::locale::Locale;
use countersign_domain::one_time::Purpose;
use countersign_domain::partner::FlowName;
use countersign_domain::token::ApiKeyText;
use countersign_domain::web::LinkRefusal;
use countersign_domain::{Caller, Secret, Timestamp};

use crate::api_keys::Backend;
use crate::{Failure, NamedUser, Service};

/// A link, as a partner asks for it.
#[derive(Clone)]
pub struct LinkRequest {
    /// The flow's name.
    pub flow: String,
    /// What the flow's URL has places for.
    pub parameters: BTreeMap<String, String>,
    /// Who will open it.
    pub user: NamedUser,
    /// In which language.
    pub locale: Option<Locale>,
    /// Whether the partner's app opens it, which sends no `Referer`.
    pub from_app: bool,
}

/// A link just made.
#[derive(Clone, Debug)]
pub struct Link {
    /// The URL, with the one-time token.
    pub url: Secret<String>,
    /// From when on the token is refused.
    pub expires_at: Timestamp,
}

/// Why no link is made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MakeLinkRefusal {
    /// The API key is not let in.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The partner does not use Login Trust.
    #[error("the partner does not use Login Trust")]
    MechanismOff,
    /// The partner has no such flow.
    #[error("the partner has no such flow")]
    UnknownFlow,
    /// The user is not named.
    #[error(transparent)]
    User(#[from] InvalidAssertion),
    /// The flow's URL cannot be filled.
    #[error(transparent)]
    Link(#[from] LinkRefusal),
}

impl MakeLinkRefusal {
    fn reason(&self) -> Reason {
        match self {
            // Written where the key is let in.
            Self::Key(_) => Reason::UnknownKey,
            Self::MechanismOff => Reason::MechanismOff,
            Self::UnknownFlow => Reason::UnknownFlow,
            Self::User(_) => Reason::NotAnIdentity,
            Self::Link(LinkRefusal::MissingParameter(_)) => Reason::MissingParameter,
            Self::Link(_) => Reason::InvalidParameter,
        }
    }
}

impl Service {
    /// Makes a link into a flow. Without a database read, as [`Service::mint`].
    ///
    /// # Errors
    /// [`MakeLinkRefusal`].
    pub async fn make_link(
        &self,
        caller: &Caller,
        key: &ApiKeyText,
        request: &LinkRequest,
    ) -> Result<Link, Failure<MakeLinkRefusal>> {
        let backend = self.backend(caller, key, Action::MakeLink, Scope::Links);
        let backend = backend.await;
        let backend = backend.map_err(|failure| failure.map(MakeLinkRefusal::Key))?;
        self.link_for(&backend, request).map_err(|refusal| {
            let event = backend.refused(Action::MakeLink, refusal.reason());
            self.record_later(caller, event);
            Failure::Refused(refusal)
        })
    }

    fn link_for(&self, backend: &Backend, request: &LinkRequest) -> Result<Link, MakeLinkRefusal> {
        let settings = &backend.settings;
        if !settings.trust {
            return Err(MakeLinkRefusal::MechanismOff);
        }
        let name: Option<FlowName> = request.flow.parse().ok();
        let flow = name.and_then(|name| settings.flows.get(&name));
        let flow = flow.ok_or(MakeLinkRefusal::UnknownFlow)?;
        let user = request.user.resolve()?;
        let locale = request.locale.as_ref();
        let destination = flow
            .url
            .fill(&request.parameters, locale, &settings.locale)?;
        let mut ours = settings.public_urls.iter();
        let destination = match ours.find(|public| public.origin() == flow.url.origin()) {
            Some(public) => destination.by_way_of(public, locale)?,
            None => destination,
        };
        let minted = self.vouch(backend, user, Purpose::Link, request.from_app);
        Ok(Link {
            url: destination.with_token(minted.token.expose()),
            expires_at: minted.expires_at,
        })
    }
}

//! What the hosted pages ask for and the API does not: whose a page is, what one page hands on
//! to the next, and who a browser is signed in as.

use std::sync::Arc;

use countersign_domain::authentication::{Channel, ExchangeRefusal};
use countersign_domain::id::{AuthenticationId, TransactionId};
use countersign_domain::locale::Locale;
use countersign_domain::page::{PageState, Step, TRANSACTION_LIFE};
use countersign_domain::partner::Slug;
use countersign_domain::session::Session;
use countersign_domain::token::{AuthenticationToken, BrowserSecret, OpenError, PageStateText};
use countersign_domain::web::ReturnTo;
use countersign_domain::{Caller, Secret, Timestamp};
use countersign_store::StoreError;

use crate::partners::Site;
use crate::{Credential, ExchangeRequest, Failure, OpenedSession, Service};

/// What a browser holds of its sign-in.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Its authentication token.
    pub authentication: Option<AuthenticationToken>,
    /// The text of its session token.
    pub session: Option<Secret<String>>,
}

/// Who a browser is signed in as.
#[derive(Debug)]
pub enum Recognised {
    /// Nobody, or nobody any more.
    Nobody,
    /// Somebody who is locked at present.
    Blocked,
    /// A user of the partner.
    User {
        /// A session that lives.
        session: Box<Session>,
        /// That session, where it had to be opened: the browser is to keep it.
        opened: Option<OpenedSession>,
    },
}

/// Who a browser is signed in as, and whether what it holds is of use.
#[derive(Debug)]
pub struct Recognition {
    /// Who it is signed in as.
    pub who: Recognised,
    /// Whether what the browser holds is dead for good, so that it may forget it.
    pub dead: bool,
}

/// A person on the way to their partner's login.
#[derive(Debug)]
pub struct Departure {
    /// The partner's login, with where to send the person back to.
    pub url: String,
    /// Under which name the browser keeps the secret.
    pub id: TransactionId,
    /// What shows that it is the browser that left.
    pub secret: BrowserSecret,
}

impl Service {
    /// The hosted pages that a request is for, by the authority that it names and its path, and
    /// what of the path is below them. `None` where nobody registered such a public URL.
    #[must_use]
    pub fn site<'a>(&self, authority: &str, path: &'a str) -> Option<(Arc<Site>, &'a str)> {
        self.inner.partners.site(authority, path)
    }

    /// What time it is, for pages that say when something was or ends.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.now()
    }

    /// The channels by which codes can be delivered here.
    #[must_use]
    pub fn delivers(&self) -> Vec<Channel> {
        let all = Channel::ALL.into_iter();
        all.filter(|channel| self.inner.delivery.sends(*channel))
            .collect()
    }

    /// A fresh secret for a browser that has none.
    #[must_use]
    pub fn browser_secret(&self) -> BrowserSecret {
        BrowserSecret::generate(&*self.inner.entropy)
    }

    /// Random text for one page's `Content-Security-Policy`: 128 bits in hexadecimal digits.
    #[must_use]
    pub fn script_nonce(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.inner.entropy.bytes()))
    }

    /// Seals what a page hands on.
    #[must_use]
    pub fn seal_state(&self, state: &PageState) -> PageStateText {
        let keys = self.inner.keys.ring();
        PageStateText::seal(state, keys.current(), &*self.inner.entropy)
    }

    /// Opens what a page handed on; `None` if it is nothing of ours. Whether it may be used is
    /// for [`PageState::check`].
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be known.
    pub async fn open_state(&self, text: &str) -> Result<Option<PageState>, StoreError> {
        match PageStateText::open(text, &self.inner.keys.ring()) {
            Ok(state) => Ok(Some(state)),
            Err(OpenError::NotAToken) => Ok(None),
            Err(OpenError::UnknownKey(id)) => {
                let ring = self.ring_with(id).await?;
                Ok(ring.and_then(|ring| PageStateText::open(text, &ring).ok()))
            }
        }
    }

    /// Sends a person to their partner's login (Login Force), to come back to `return_to`.
    /// `None` where the partner has none.
    #[must_use]
    pub fn depart(
        &self,
        site: &Site,
        return_to: &ReturnTo,
        locale: Option<&Locale>,
    ) -> Option<Departure> {
        let login = site.settings.login_url.as_ref()?;
        let now = self.now();
        let id = TransactionId::generate(now, &*self.inner.entropy);
        let secret = self.browser_secret();
        let state = self.seal_state(&PageState {
            partner: site.partner.clone(),
            browser: secret.mark(),
            return_to: return_to.path().to_owned(),
            locale: locale.cloned(),
            expires_at: now.plus(TRANSACTION_LIFE),
            step: Step::AtPartner(id),
        });
        let back = site.public.page(&format!("return/{}", state.expose()));
        let url = login.with_return_to(&back);
        Some(Departure { url, id, secret })
    }

    /// Who a browser is signed in as at this partner. Its session is renewed from its
    /// authentication where it has ended.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be known.
    pub async fn recognise(
        &self,
        caller: &Caller,
        partner: &Slug,
        held: &Held,
    ) -> Result<Recognition, StoreError> {
        let alive = |who| Recognition { who, dead: false };
        let nobody = |dead| Recognition {
            who: Recognised::Nobody,
            dead,
        };
        if let Some(token) = &held.session
            && let Some(session) = self.session_of(partner, token.expose()).await?
        {
            let opened = None;
            return Ok(alive(Recognised::User { session, opened }));
        }
        let Some(token) = held.authentication.clone() else {
            return Ok(nobody(held.session.is_some()));
        };
        let request = ExchangeRequest { token, pin: None };
        match self.open_session(caller, request).await {
            Ok(opened) => {
                let session = self.session_of(partner, opened.token.expose()).await?;
                let user = session.map(|session| Recognised::User {
                    session,
                    opened: Some(opened),
                });
                // Another partner's lives on, and may be of use where that one's pages are.
                Ok(user.map_or_else(|| nobody(false), alive))
            }
            Err(Failure::Refused(refusal)) => Ok(match refusal {
                ExchangeRefusal::AccountUnusable => alive(Recognised::Blocked),
                ExchangeRefusal::InvalidToken => nobody(true),
                // One that needs a PIN is renewed where the PIN can be asked for: in the app.
                ExchangeRefusal::PinRequired
                | ExchangeRefusal::InvalidPin
                | ExchangeRefusal::TooMany(_) => nobody(false),
            }),
            Err(Failure::Overloaded(_)) => Err(StoreError::Unavailable {
                cause: "too busy to open a session".to_owned(),
            }),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    /// Ends what a browser was signed in with before, whoever that was: its token is gone from
    /// there, and nobody else should have it. The device stays known by it all the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn end_former(
        &self,
        caller: &Caller,
        former: Option<AuthenticationToken>,
        now: AuthenticationId,
    ) -> Result<(), StoreError> {
        let Some(former) = former.filter(|former| former.id() != now) else {
            return Ok(());
        };
        let (id, credential) = (former.id(), Credential::Authentication(former));
        match self.sign_out(caller, id, &credential).await {
            // What is unknown is as good as ended.
            Ok(()) | Err(Failure::Refused(_) | Failure::Overloaded(_)) => Ok(()),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    /// Settles a log-in in a browser: opens a first session, and ends what the browser was
    /// signed in with before.
    ///
    /// # Errors
    /// [`ExchangeRefusal`].
    pub async fn settle(
        &self,
        caller: &Caller,
        token: AuthenticationToken,
        former: Option<AuthenticationToken>,
    ) -> Result<OpenedSession, Failure<ExchangeRefusal>> {
        let id = token.id();
        let request = ExchangeRequest { token, pin: None };
        let opened = self.open_session(caller, request).await?;
        self.end_former(caller, former, id).await?;
        Ok(opened)
    }

    /// The session that a token holds, if it lives and is of this partner.
    pub(crate) async fn session_of(
        &self,
        partner: &Slug,
        token: &str,
    ) -> Result<Option<Box<Session>>, StoreError> {
        match self.verify(token).await {
            Ok(session) if session.partner == *partner => Ok(Some(Box::new(session))),
            Ok(_) | Err(Failure::Refused(_) | Failure::Overloaded(_)) => Ok(None),
            Err(Failure::Store(error)) => Err(error),
        }
    }
}

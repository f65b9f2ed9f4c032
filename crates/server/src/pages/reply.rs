//! What a page answers.

use cookie::Cookie;
use http::StatusCode;

/// What a page answers, before it is an answer of HTTP.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) what: What,
    /// Cookies to set beside those that the visit sets by itself.
    pub(crate) cookies: Vec<Cookie<'static>>,
    /// Whether the browser's secret is set again although nothing is shown: a redirect leads to
    /// what is bound to it.
    pub(crate) keeps_browser: bool,
    /// In how many seconds the person may try again.
    pub(crate) retry_after: Option<u64>,
}

/// Of what a reply consists.
pub(crate) enum What {
    /// A page, with the nonce that its style and its script carry.
    Html { html: String, nonce: String },
    /// Nothing: nobody is there to look at it.
    Nothing,
    /// The person goes on elsewhere: always by 303, so that nothing is posted there.
    Elsewhere(String),
}

impl Reply {
    pub(crate) fn page(what: What) -> Self {
        Self {
            status: StatusCode::OK,
            what,
            cookies: Vec::new(),
            keeps_browser: false,
            retry_after: None,
        }
    }

    /// For who fetches ahead of the person: nothing, and nothing begins.
    pub(crate) fn not_yet() -> Self {
        Self::page(What::Nothing).status(StatusCode::NO_CONTENT)
    }

    /// The person goes on to a path of this origin, or to the partner's login.
    pub(crate) fn see_other(url: impl Into<String>) -> Self {
        Self {
            status: StatusCode::SEE_OTHER,
            ..Self::page(What::Elsewhere(url.into()))
        }
    }

    /// The person goes on to a page that is bound to this browser.
    pub(crate) fn bound(url: impl Into<String>) -> Self {
        Self {
            keeps_browser: true,
            ..Self::see_other(url)
        }
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn cookies(mut self, cookies: impl IntoIterator<Item = Cookie<'static>>) -> Self {
        self.cookies.extend(cookies);
        self
    }
}

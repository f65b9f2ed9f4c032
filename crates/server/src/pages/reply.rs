//! What a page answers.

use axum::body::Body;
use axum::response::Response;
use cookie::Cookie;
use http::header::{
    ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE,
};
use http::{HeaderValue, StatusCode};

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

    /// The same as an answer of HTTP, with these cookies and no others. A page may show a logo
    /// from this origin, and be asked with these methods.
    pub(crate) fn answer(
        self,
        cookies: Vec<Cookie<'static>>,
        logo: Option<&str>,
        methods: &'static str,
    ) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        let mut body = Body::empty();
        let headers = response.headers_mut();
        match self.what {
            What::Html { html, nonce } => {
                let html_type = HeaderValue::from_static("text/html; charset=utf-8");
                headers.insert(CONTENT_TYPE, html_type);
                headers.insert(CONTENT_SECURITY_POLICY, policy(&nonce, logo));
                body = Body::from(html);
            }
            What::Nothing => {}
            What::Elsewhere(url) => {
                let url = HeaderValue::try_from(url);
                let url = url.expect("a place that was parsed is printable ASCII");
                headers.insert(LOCATION, url);
            }
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        for cookie in cookies {
            let cookie = HeaderValue::try_from(cookie.to_string());
            let cookie = cookie.expect("names and tokens are printable ASCII");
            headers.append(SET_COOKIE, cookie);
        }
        *response.body_mut() = body;
        response
    }
}

/// What a page may load: its own style and script, by nonce, and the partner's logo.
///
/// There is no `form-action`: browsers hold the redirects behind a form against it, and an
/// application may send who arrives on to another origin of its own.
fn policy(nonce: &str, logo: Option<&str>) -> HeaderValue {
    let logo = logo.unwrap_or("'none'");
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
         img-src {logo}; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a nonce and an origin are printable ASCII")
}

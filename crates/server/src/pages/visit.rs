//! A request for a page, read: whose page, in which language, from which browser.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use cookie::Cookie;
use countersign_domain::landing::Arriving;
use countersign_domain::locale::Locale;
use countersign_domain::one_time::Nonce;
use countersign_domain::page::{PageState, StateRefusal};
use countersign_domain::token::BrowserSecret;
use countersign_domain::web::ReturnTo;
use countersign_domain::{Caller, Secret};
use countersign_service::{Recognised, Service, Site};
use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue, Method};
use parking_lot::Mutex;

use super::browser::{self, Kept};
use super::frame::Frame;
use super::reply::{Reply, What};
use super::trouble::Trouble;
use super::words::Words;
use crate::form::Form;
use crate::query;
use crate::request::{AcceptedLanguage, By};
use axum::extract::FromRequestParts;

/// A request for a page.
pub(crate) struct Visit {
    pub(crate) service: Service,
    pub(crate) site: Arc<Site>,
    pub(crate) caller: Caller,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) kept: Kept,
    pub(crate) words: &'static Words,
    /// The language that a link asked for: it goes on from page to page.
    pub(crate) asked: Option<Locale>,
    /// The language that the browser asks for first.
    pub(crate) accepted: Option<Locale>,
    pub(crate) form: Form,
    page: String,
    query: String,
    /// In a lock that nobody waits for, so that a visit may be lent while it waits.
    body: Mutex<Option<Body>>,
    /// The secret of this browser by which it came to this page; made where it has none, and then
    /// kept with the answer.
    browser: BrowserSecret,
    /// Cookies that go with whatever is answered.
    cookies: Vec<Cookie<'static>>,
}

impl Visit {
    /// Reads a request for a page of a site.
    pub(crate) async fn of(
        service: &Service,
        site: Arc<Site>,
        page: String,
        request: Request,
    ) -> Self {
        let (mut parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        // A page that reads the query says itself that it cannot be read.
        let asked = query::parameter(&query, "locale").unwrap_or_default();
        let asked = asked.and_then(|locale| locale.parse().ok());
        let Ok(AcceptedLanguage(accepted)) =
            AcceptedLanguage::from_request_parts(&mut parts, service).await;
        let Ok(By(caller)) = By::from_request_parts(&mut parts, service).await;
        let kept = Kept::of(&parts.headers);
        let browser = kept.browsers.first().cloned();
        let settings = &site.settings;
        let words =
            Words::in_language(&[asked.as_ref(), accepted.as_ref(), Some(&settings.locale)]);
        Self {
            browser: browser.unwrap_or_else(|| service.browser_secret()),
            service: service.clone(),
            site,
            caller,
            method: parts.method,
            headers: parts.headers,
            kept,
            words,
            asked,
            accepted,
            form: Form::default(),
            page,
            query,
            body: Mutex::new(Some(body)),
            cookies: Vec::new(),
        }
    }

    /// What of the path is below the public URL.
    pub(crate) fn page(&self) -> &str {
        &self.page
    }

    /// A parameter of the query, once.
    pub(crate) fn parameter(&self, name: &str) -> Result<Option<String>, Trouble> {
        query::parameter(&self.query, name).map_err(|_| Trouble::Malformed)
    }

    /// Speaks the language that an earlier page was asked for.
    pub(crate) fn speak(&mut self, locale: Option<&Locale>) {
        if self.asked.is_none() && locale.is_some() {
            self.words = Words::in_language(&[locale, Some(self.words.locale())]);
            self.asked = locale.cloned();
        }
    }

    /// What the browser says of how it came here.
    pub(crate) fn arriving(&self) -> Arriving<'_> {
        arriving(&self.headers)
    }

    /// Reads what a form of ours posted; refuses what another site's page did, and what a
    /// script of another origin could have.
    ///
    /// These pages send no `Referer`, so that the forms of browsers that know no
    /// `Sec-Fetch-Site` have an `Origin` of `null`. Those are held by the form's token alone,
    /// which nobody writes who cannot read our cookie.
    pub(crate) async fn read_form(&mut self) -> Result<(), Trouble> {
        let header = |name: &str| self.headers.get(name).map(HeaderValue::as_bytes);
        let own = self.site.public.origin().as_str().as_bytes();
        let same_origin = match header("sec-fetch-site") {
            Some(site) => site == b"same-origin",
            None => header(ORIGIN.as_str()).is_none_or(|it| it == own || it == b"null"),
        };
        if !same_origin {
            return Err(Trouble::OtherSite);
        }
        let body = self.body.get_mut().take().unwrap_or_default();
        self.form = Form::read(&self.headers, body).await?;
        if self.kept.browsers.is_empty() {
            return Err(Trouble::NoCookies);
        }
        let (public, token) = (&self.site.public, self.form.field("form"));
        let mut browsers = self.kept.browsers.iter();
        let wrote = browsers.find(|browser| browser.wrote_form(public, token));
        self.browser = wrote.ok_or(Trouble::OtherSite)?.clone();
        Ok(())
    }

    /// The browser's own secret, which its cookie holds from now on.
    pub(crate) fn browser(&self) -> &BrowserSecret {
        &self.browser
    }

    /// The nonce with which this browser does something once, in whichever of its tabs.
    pub(crate) fn nonce(&self, of: &str) -> Nonce {
        let browser = self.kept.browsers.first();
        browser.unwrap_or(&self.browser).nonce(of)
    }

    /// Who this browser is signed in as. A session that was opened for that is kept with the
    /// answer, and what is dead for good is forgotten.
    pub(crate) async fn recognise(&mut self) -> Result<Recognised, Trouble> {
        let partner = &self.site.partner;
        let recognition = self
            .service
            .recognise(&self.caller, partner, &self.kept.held)
            .await?;
        if let Recognised::User {
            opened: Some(opened),
            ..
        } = &recognition.who
        {
            let session = browser::session(opened, self.service.time());
            self.cookies.push(session);
            let token = opened.token.expose().to_owned();
            self.kept.held.session = Some(Secret::new(token));
        }
        if recognition.dead {
            self.cookies.extend(browser::signed_out());
        }
        Ok(recognition.who)
    }

    /// The text of the session token by which this browser was recognised.
    pub(crate) fn session_token(&self) -> Option<Secret<String>> {
        self.kept.held.session.clone()
    }

    /// Where the person goes in the end, as the query says: `return_to`, or `to=account`, or the
    /// application's first page.
    pub(crate) fn return_to(&self) -> Result<ReturnTo, Trouble> {
        let public = &self.site.public;
        if self.parameter("to")?.as_deref() == Some("account") {
            return Ok(ReturnTo::account(public));
        }
        match self.parameter("return_to")? {
            None => Ok(ReturnTo::home(public)),
            Some(text) => ReturnTo::parse(&text, public).map_err(Trouble::ReturnTo),
        }
    }

    /// Opens what an earlier page of this browser handed on.
    pub(crate) async fn state(&mut self, text: &str) -> Result<PageState, Trouble> {
        let state = self.service.open_state(text).await?;
        let state = state.ok_or(Trouble::NoSuchPage)?;
        let mut browsers = self.kept.browsers.iter();
        let own = browsers.find(|browser| browser.mark() == state.browser);
        if let Some(own) = own {
            self.browser = own.clone();
        }
        let mark = own.map(BrowserSecret::mark);
        match state.check(&self.site.partner, mark, self.service.time()) {
            Ok(()) => Ok(state),
            Err(StateRefusal::OtherPartner) => Err(Trouble::NoSuchPage),
            Err(StateRefusal::OtherBrowser) if self.kept.browsers.is_empty() => {
                Err(Trouble::NoCookies)
            }
            Err(StateRefusal::OtherBrowser) => Err(Trouble::OtherBrowser(self.again(&state))),
            Err(StateRefusal::Expired) => Err(Trouble::Expired(self.again(&state))),
        }
    }

    /// Where the person of a state goes in the end.
    pub(crate) fn place(&self, state: &PageState) -> ReturnTo {
        let public = &self.site.public;
        // The public URL may be another by now.
        ReturnTo::kept(&state.return_to, public).unwrap_or_else(|_| ReturnTo::home(public))
    }

    /// Where the person of a state begins anew.
    pub(crate) fn again(&self, state: &PageState) -> String {
        self.url("sign-in", &self.place(state))
    }

    /// The path of a page from which the person goes on to `return_to` in the end.
    pub(crate) fn url(&self, page: &str, return_to: &ReturnTo) -> String {
        let public = &self.site.public;
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if *return_to == ReturnTo::account(public) {
            query.append_pair("to", "account");
        } else if *return_to != ReturnTo::home(public) {
            query.append_pair("return_to", return_to.path());
        }
        if let Some(locale) = &self.asked {
            query.append_pair("locale", locale.as_str());
        }
        let (query, path) = (query.finish(), self.path(page));
        if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        }
    }

    /// The path of a page.
    pub(crate) fn path(&self, page: &str) -> String {
        format!("{}/{page}", self.site.public.prefix())
    }

    /// The frame of a page of this visit.
    pub(crate) fn frame(&self) -> Frame {
        Frame::of(self)
    }

    /// The answer, with what every page has.
    pub(crate) fn finish(self, mut reply: Reply) -> Response {
        let mut cookies = self.cookies;
        if self.kept.browsers.is_empty() && matches!(reply.what, What::Html { .. })
            || reply.keeps_browser
        {
            cookies.push(browser::browser(&self.browser));
        }
        // Of two of one name the later holds (RFC 6265, section 4.1.1: send one).
        cookies.retain(|cookie| reply.cookies.iter().all(|it| it.name() != cookie.name()));
        cookies.append(&mut reply.cookies);
        let logo = self.site.settings.logo.as_ref();
        reply.answer(
            cookies,
            logo.map(|logo| logo.origin().as_str()),
            methods(&self.page),
        )
    }
}

/// What may be asked of a page.
fn methods(page: &str) -> &'static str {
    match page.split('/').next() {
        Some("sign-in" | "return") => "GET, HEAD",
        _ => "GET, HEAD, POST",
    }
}

/// What a browser says of how it came.
pub(crate) fn arriving(headers: &HeaderMap) -> Arriving<'_> {
    let header = |name: &str| headers.get(name).map(|it| it.to_str().unwrap_or(""));
    let purposes = ["sec-purpose", "purpose", "x-moz"].into_iter();
    Arriving {
        mode: header("sec-fetch-mode"),
        dest: header("sec-fetch-dest"),
        prefetch: purposes
            .filter_map(header)
            .any(|purpose| purpose.contains("prefetch")),
        referer: header("referer"),
    }
}

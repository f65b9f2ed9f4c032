//! Asks Countersign.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use reqwest::{Response, Url, redirect};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use serde::Deserialize;

use crate::error::NoAnswer;
use crate::{InvalidClient, Recognise, Require, Session, VerifyError};

/// How long an answer is waited for where nothing else is said.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// More than any answer takes.
const LONGEST_ANSWER: usize = 64 * 1024;
/// More than any token takes, and less than any header may.
const LONGEST_TOKEN: usize = 4 * 1024;
/// Less than the 75 seconds for which Countersign keeps a connection on which nothing is asked.
const IDLE_TIME: Duration = Duration::from_secs(60);

/// Asks Countersign whose a session is. Clones share their connections: make one, and clone it.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    verify: Url,
    time_limit: Duration,
}

impl Client {
    /// A client of the Countersign at this address, such as `http://127.0.0.1:8080`. A path in
    /// it is kept. Nothing is asked yet.
    ///
    /// It follows no redirect and uses no proxy that the environment names: what it carries is
    /// for Countersign alone. With `https` it trusts whom this machine trusts.
    ///
    /// # Errors
    /// [`InvalidClient`], if the address is none, or TLS cannot be set up.
    pub fn new(url: &str) -> Result<Self, InvalidClient> {
        let verify = below(url)?;
        let encryption = encryption(verify.scheme() == "https");
        let encryption = encryption.map_err(|error| InvalidClient::Tls(error.into()))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(encryption)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .pool_idle_timeout(IDLE_TIME)
            .user_agent(concat!("countersign-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| InvalidClient::Tls(error.into()))?;
        let time_limit = TIME_LIMIT;
        Ok(Self {
            http,
            verify,
            time_limit,
        })
    }

    /// The same client, which waits this long for each answer in place of two seconds.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Whose session this token is of.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] if it is nobody's, [`VerifyError::Unavailable`] where nobody
    /// can know.
    pub async fn verify(&self, token: &str) -> Result<Session, VerifyError> {
        if !can_be_one(token) {
            return Err(VerifyError::Refused);
        }
        let asked = tokio::time::timeout(self.time_limit, self.ask(token)).await;
        let (status, text) = asked.map_err(|_| NoAnswer::Late(self.time_limit))??;
        match status {
            StatusCode::OK => {
                let session = serde_json::from_slice(&text).map_err(NoAnswer::NotUnderstood)?;
                Ok(session)
            }
            StatusCode::UNAUTHORIZED if is_refusal(&text) => Err(VerifyError::Refused),
            status => Err(NoAnswer::Status(status).into()),
        }
    }

    /// A layer that lets requests pass with a session alone.
    pub fn require(&self) -> Require {
        Require::new(self.clone())
    }

    /// A layer that lets everybody pass, and says who has a session.
    pub fn recognise(&self) -> Recognise {
        Recognise::new(self.clone())
    }

    /// What is answered, read to its end: only then is the connection good for another
    /// question.
    async fn ask(&self, token: &str) -> Result<(StatusCode, Vec<u8>), NoAnswer> {
        let mut response = self.send(token).await?;
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if text.len() + chunk.len() > LONGEST_ANSWER {
                return Err(NoAnswer::TooLong);
            }
            text.extend_from_slice(&chunk);
        }
        Ok((response.status(), text))
    }

    /// A kept connection may be closed at the moment at which it is used again. To ask whose a
    /// session is changes nothing, so it is asked once more.
    async fn send(&self, token: &str) -> Result<Response, reqwest::Error> {
        let send = || self.http.get(self.verify.clone()).bearer_auth(token).send();
        match send().await {
            Err(error) if !error.is_connect() => send().await,
            answer => answer,
        }
    }
}

/// By whom it is encrypted: named here, so that no program has to install one. A machine that
/// trusts nobody, as in a small container, does where nothing is encrypted.
fn encryption(needed: bool) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let trusting = if needed {
        builder.with_platform_verifier()?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(trusting.with_no_client_auth())
}

/// Where to verify, below this address.
fn below(url: &str) -> Result<Url, InvalidClient> {
    let wrong = |why: &str| InvalidClient::Url(format!("{why}; write http://127.0.0.1:8080"));
    let mut url = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with neither http:// nor https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it has a user name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it has a query or a fragment"));
    }
    let path = format!("{}/v1/sessions/verify", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// Whether it is worth asking: no header could hold anything else.
fn can_be_one(token: &str) -> bool {
    let visible = token.bytes().all(|byte| byte.is_ascii_graphic());
    visible && (1..=LONGEST_TOKEN).contains(&token.len())
}

/// Whether it was Countersign that refused. What stands in between may answer 401 as well, and
/// knows nothing of anybody's session.
fn is_refusal(text: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Problem {
        error_code: String,
    }
    serde_json::from_slice(text)
        .is_ok_and(|problem: Problem| problem.error_code == "invalid_session")
}

//! The other end: what a marketplace asks.

use http::StatusCode;
use reqwest::Client;

use super::{Refusal, Ticket, Transfer};
use crate::Failure;

/// The platform that sold the tickets.
#[derive(Clone)]
pub struct Primary {
    url: String,
    secret: String,
    http: Client,
}

impl Primary {
    /// The platform whose inventory answers at this URL to who knows the secret.
    pub fn new(url: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            secret: secret.into(),
            http: crate::http::client(),
        }
    }

    /// A ticket, if there is one of that id.
    pub(crate) async fn ticket(&self, id: &str) -> Result<Option<Ticket>, Failure> {
        let request = self.http.get(self.at(&[id]));
        let answer = request.bearer_auth(&self.secret).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(answer.error_for_status()?.json().await?))
    }

    /// Makes a ticket somebody else's, unless the platform has something against it.
    pub(crate) async fn transfer(
        &self,
        id: &str,
        from: &str,
        to: &str,
    ) -> Result<Result<(), Refusal>, Failure> {
        let (from, to) = (from.to_owned(), to.to_owned());
        let request = self.http.post(self.at(&[id, "transfer"]));
        let request = request.bearer_auth(&self.secret);
        let answer = request.json(&Transfer { from, to }).send().await?;
        if answer.status() == StatusCode::CONFLICT {
            return Ok(Err(answer.json().await?));
        }
        answer.error_for_status()?;
        Ok(Ok(()))
    }

    fn at(&self, path: &[&str]) -> String {
        let mut url = url::Url::parse(&self.url).expect("it was given as a URL");
        url.path_segments_mut()
            .expect("HTTP has paths")
            .push("tickets")
            .extend(path);
        url.into()
    }
}

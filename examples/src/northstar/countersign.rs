//! All that a partner asks Countersign, with its API key.

use reqwest::header::AUTHORIZATION;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::people::Person;
use crate::Failure;

/// Countersign, to this partner.
pub struct Countersign {
    url: String,
    api_key: String,
    http: Client,
}

/// What both kinds of one-time tokens come in.
#[derive(Deserialize)]
struct Minted {
    data: String,
}

impl Countersign {
    /// Countersign at this URL, asked with an API key that has the scopes `links`, `mint` and
    /// `revoke`.
    pub fn new(url: impl Into<String>, api_key: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            api_key: api_key.into(),
            http: crate::http::client(),
        }
    }

    /// Login Trust: a link into a flow of the marketplace, good once, for who is signed in here.
    pub(super) async fn link(
        &self,
        flow: &str,
        ticket: &str,
        person: &Person,
    ) -> Result<String, Failure> {
        let request = json!({
            "flow": flow,
            "params": { "ticket": ticket },
            "user": user(person),
        });
        self.minted(self.http.post(self.at("/v1/links")).json(&request))
            .await
    }

    /// Login Force: a one-time token for who has just signed in here.
    pub(super) async fn one_time_token(&self, person: &Person) -> Result<String, Failure> {
        let request = self.http.post(self.at("/v1/auth/oneTimeToken"));
        self.minted(request.json(&user(person))).await
    }

    /// Who has signed out here is signed out everywhere.
    pub(super) async fn signed_out(&self, person: &Person) -> Result<(), Failure> {
        let path = format!("/v1/users/user_id:{}/sessions", person.id);
        let request = self.http.delete(self.at(&path));
        let request = request.header(AUTHORIZATION, &self.api_key);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    async fn minted(&self, request: RequestBuilder) -> Result<String, Failure> {
        let request = request.header(AUTHORIZATION, &self.api_key);
        let answer = request.send().await?.error_for_status()?;
        Ok(answer.json::<Minted>().await?.data)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

/// How Northstar names its people: by its own id of them, which never changes, and by an address.
fn user(person: &Person) -> Value {
    json!({ "userId": person.id, "email": person.email })
}

//! All that a partner asks Countersign, with its API key.

use reqwest::header::AUTHORIZATION;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

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
        self.minted(self.http.post(self.at(&["links"])).json(&request))
            .await
    }

    /// Login Force: a one-time token for who has just signed in here.
    pub(super) async fn one_time_token(&self, person: &Person) -> Result<String, Failure> {
        let request = self.http.post(self.at(&["auth", "oneTimeToken"]));
        self.minted(request.json(&user(person))).await
    }

    /// Who has signed out here is signed out everywhere.
    pub(super) async fn signed_out(&self, person: &Person) -> Result<(), Failure> {
        let identity = format!("user_id:{}", person.id);
        let request = self.http.delete(self.at(&["users", &identity, "sessions"]));
        let request = request.header(AUTHORIZATION, &self.api_key);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    async fn minted(&self, request: RequestBuilder) -> Result<String, Failure> {
        let request = request.header(AUTHORIZATION, &self.api_key);
        let answer = request.send().await?.error_for_status()?;
        Ok(answer.json::<Minted>().await?.data)
    }

    /// An address of its API. Whatever an id has in it, it stays one segment of the path.
    fn at(&self, path: &[&str]) -> Url {
        let mut url = Url::parse(&self.url).expect("it was given as a URL");
        url.path_segments_mut()
            .expect("HTTP has paths")
            .pop_if_empty()
            .push("v1")
            .extend(path);
        url
    }
}

/// How Northstar names its people: by its own id of them, which never changes, and by an address.
fn user(person: &Person) -> Value {
    json!({ "userId": person.id, "email": person.email })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment_whatever_is_in_it() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        for url in ["http://127.0.0.1:1", "http://127.0.0.1:1/"] {
            let countersign = Countersign::new(url, "csk_none");
            let at = countersign.at(&["users", "user_id:a/b?c#d", "sessions"]);
            let expected = "http://127.0.0.1:1/v1/users/user_id:a%2Fb%3Fc%23d/sessions";
            assert_eq!(at.as_str(), expected);
        }
    }
}

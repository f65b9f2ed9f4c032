//! A client, as an application would write one.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::TestApp;

/// A client of one node.
#[derive(Clone, Debug)]
pub struct Client {
    pub url: String,
    pub http: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Client {
    pub fn new(url: String) -> Self {
        // It speaks TLS to nobody here, and asks who would encrypt all the same. Whoever is
        // first has said so.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url, http }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// A request with a credential and no body.
    pub async fn with(&self, method: Method, path: &str, authorization: &str) -> Answer {
        let request = self
            .request(method, path)
            .header("authorization", authorization);
        self.send(request).await
    }

    /// Logs the user in that every application has.
    pub async fn log_in(&self) -> Answer {
        self.post("/v1/tokens", &password_log_in(TestApp::PASSWORD))
            .await
    }

    /// Begins a log-in by SMS.
    pub async fn begin(&self, phone: &str) -> Answer {
        let body = json!({
            "identity": { "type": "phone", "value": phone },
            "authenticator": "sms",
        });
        self.post("/v1/tokens", &body).await
    }

    /// Answers a log-in in two steps.
    pub async fn answer(&self, id: &str, code: &str) -> Answer {
        self.post(
            &format!("/v1/tokens/{id}/secret"),
            &json!({ "secret": code }),
        )
        .await
    }

    /// Exchanges an authentication token.
    pub async fn exchange(&self, token: &str) -> Answer {
        self.with(Method::POST, "/v1/sessions", &format!("Basic {token}"))
            .await
    }

    /// Verifies a session token.
    pub async fn verify(&self, session: &str) -> Answer {
        self.with(
            Method::POST,
            "/v1/sessions/verify",
            &format!("Bearer {session}"),
        )
        .await
    }

    /// Has a one-time token minted for an e-mail address.
    pub async fn mint(&self, key: &str, email: &str) -> Answer {
        let path = format!("/v1/auth/oneTimeToken?user={email}");
        self.with(Method::GET, &path, key).await
    }

    /// Redeems a one-time token.
    pub async fn redeem(&self, key: &str, token: &str, nonce: Option<&str>) -> Answer {
        let mut body = json!({ "token": token });
        if let Some(nonce) = nonce {
            body["nonce"] = nonce.into();
        }
        self.post_as(key, "/v1/one-time-tokens/redeem", &body).await
    }

    /// Posts with an API key.
    pub async fn post_as(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        self.send(request.header("authorization", key)).await
    }

    /// Logs in and exchanges: the authentication's answer and the session's token.
    pub async fn signed_in(&self) -> (Answer, String) {
        let authentication = self.log_in().await.expect(StatusCode::CREATED);
        let session = self.exchange(&authentication.text_of("token")).await;
        let session = session.expect(StatusCode::CREATED).text_of("token");
        (authentication, session)
    }
}

/// The body that logs in the user that every application has.
pub fn password_log_in(password: &str) -> Value {
    json!({
        "device": { "make": "iPhone", "model": "iPhone6,2", "os_name": "iOS", "os_version": "14.0" },
        "identity": { "type": "username", "value": TestApp::USERNAME },
        "authenticator": "password",
        "secret": password,
    })
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{} with no JSON ({error}): {}", self.status, self.text))
    }

    /// A member that is a text.
    pub fn text_of(&self, member: &str) -> String {
        let json = self.json();
        let text = json[member].as_str();
        text.unwrap_or_else(|| panic!("no text `{member}` in {}", self.text))
            .to_owned()
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Checks that it is a problem of this kind.
    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let json = self.json();
        assert_eq!(json["error_code"], code, "{}", self.text);
        assert_eq!(json["status"], status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.headers["cache-control"], "no-store");
        assert_eq!(
            self.headers["x-request-id"].to_str().unwrap(),
            json["request_id"]
        );
        if matches!(status, 429 | 503) {
            let after = self.headers["retry-after"].to_str().unwrap();
            let seconds: u64 = after.parse().expect("a number of seconds");
            assert!(seconds >= 1, "{after}");
        }
        self
    }
}

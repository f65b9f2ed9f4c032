//! The snippets of the guides for integrators, each run as it stands: a partner's link, a
//! partner's way back, an application that takes back whom it sent away, and an API that knows
//! whose request it is.

mod guides;
mod link;
mod process;
mod redeem;
mod verify;
mod way_back;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::server::{Server, client};

/// The application's origin: nothing answers there, and nothing is asked there.
const APP: &str = "https://market.example";
/// Where the partner's users sign in.
const LOGIN_URL: &str = "https://northstar.example/login";
/// Who is signed in at the partner, in every snippet.
const EMAIL: &str = "ana@northstar.example";

/// The snippets that serve HTTP, by the ends of their files' names.
const SERVED: [&str; 4] = ["mjs", "py", "php", "rs"];

/// Where the snippets lie.
fn folder() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/integrate/snippets"
    ))
}

/// A server with the partner of the guides, set up as the guides say.
struct Northstar {
    server: Server,
    key: String,
}

impl Northstar {
    fn start() -> Self {
        let server = Server::start();
        let login_url = format!("login_url={LOGIN_URL}");
        let flow = format!("flows.sell.url={APP}/sell/{{event_id}}");
        server.command(&["partner", "add", "northstar"], "");
        server.command(&["partner", "set", "northstar", &flow, &login_url], "");
        let scopes = ["--scopes", "links,mint,redeem"];
        let create = ["key", "create", "--partner", "northstar"];
        let key = server.command(&[&create[..], &scopes].concat(), "");
        // So that it knows the settings from its first request on.
        let server = server.kill_and_start();
        Self { server, key }
    }

    /// A one-time token, as the partner's backend mints one.
    async fn mint(&self) -> String {
        let url = format!("{}/v1/auth/oneTimeToken?user={EMAIL}", self.server.url);
        let request = client().get(url).header("authorization", &self.key);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["data"].as_str().unwrap().to_owned()
    }

    /// Redeems a one-time token, as the application's backend does.
    async fn redeem(&self, token: &str) -> (u16, Value) {
        let url = format!("{}/v1/one-time-tokens/redeem", self.server.url);
        let request = client().post(url).header("authorization", &self.key);
        let response = request.json(&json!({ "token": token })).send().await;
        let response = response.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// The one-time token in this URL signs in whom the snippets name, once.
    async fn assert_redeems_once(&self, url: &str) {
        let (_, token) = url.split_once("oneTimeToken=").unwrap();
        let token = token.split('#').next().unwrap();
        let (status, answer) = self.redeem(token).await;
        assert_eq!(status, 200, "{url}: {answer}");
        assert_eq!(answer["user"]["partner"], "northstar");
        let identities = answer["user"]["identities"].as_array().unwrap();
        let email = json!({ "type": "email", "value": EMAIL });
        assert!(identities.contains(&email), "{answer}");
        let (status, answer) = self.redeem(token).await;
        let refused = (401, json!("invalid_one_time_token"));
        assert_eq!((status, answer["error_code"].clone()), refused);
    }
}

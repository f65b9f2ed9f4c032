//! The market of the guides: an application, Countersign, and who uses them.

use std::fs;

use serde_json::{Value, json};

use super::application::Application;
use super::front::Front;
use super::guide;
use super::process::Behind;
use crate::server::{Server, client};

/// A host of another partner's, which no proxy here is for: its users pass there.
pub(super) const ELSEWHERE: &str = "northstar.example";

/// The market, with every proxy in front of it.
pub(super) struct Market {
    pub(super) server: Server,
    pub(super) application: Application,
    pub(super) fronts: Vec<Front>,
}

/// Who has signed in, and by what.
pub(super) struct SignedIn {
    pub(super) user: String,
    pub(super) session: String,
    pub(super) authentication: String,
    /// The whole answer.
    pub(super) answer: Value,
}

impl Market {
    pub(super) async fn start() -> Self {
        let server = Server::start();
        let public = "public_urls=https://market.example/auth";
        let flow = "flows.sell.url=https://market.example/sell/{event}";
        server.command(&["partner", "set", "default", public, flow], "");
        server.command(&["partner", "add", "northstar"], "");
        let public = format!("public_urls=https://{ELSEWHERE}/members");
        server.command(&["partner", "set", "northstar", &public], "");
        // So that it knows the settings and the file from its first request on.
        let server = server.kill_and_start_after(|folder| {
            let file = guide::blocks("README.md", "toml").concat();
            fs::write(folder.join("countersign.toml"), file).unwrap();
        });
        let application = Application::start().await;
        let behind = Behind {
            countersign: server.url.strip_prefix("http://").unwrap().parse().unwrap(),
            application: application.address,
        };
        let fronts = Front::all(behind).await;
        // They have been tried.
        application.reached();
        Self {
            server,
            application,
            fronts,
        }
    }

    /// The one-time token of a link.
    pub(super) async fn link(&self) -> String {
        let link = json!({ "flow": "sell", "params": { "event": "1" }, "user": ana() });
        let key = &self.server.api_key;
        let (status, answer) = self.server.ask(key, "/v1/links", &link).await;
        assert_eq!(status, 201, "{answer}");
        let link = answer["data"].as_str().unwrap();
        link.split_once("oneTimeToken=").unwrap().1.to_owned()
    }

    /// Signs in a user of the market's own partner.
    pub(super) async fn sign_in(&self) -> SignedIn {
        self.sign_in_with(&self.server.api_key).await
    }

    /// Signs in somebody of another partner.
    pub(super) async fn sign_in_elsewhere(&self) -> SignedIn {
        let create = ["key", "create", "--partner", "northstar", "--scopes"];
        let key = self
            .server
            .command(&[&create[..], &["mint,redeem"]].concat(), "");
        self.sign_in_with(&key).await
    }

    async fn sign_in_with(&self, key: &str) -> SignedIn {
        let minted = self.server.ask(key, "/v1/auth/oneTimeToken", &ana()).await;
        let (status, answer) = self.server.redeem(key, &minted.1).await;
        assert_eq!(status, 200, "{answer}");
        let text = |at: &str| answer.pointer(at).unwrap().as_str().unwrap().to_owned();
        SignedIn {
            user: text("/user/id"),
            session: text("/session/token"),
            authentication: text("/authentication/token"),
            answer,
        }
    }
}

/// Who signs in: her id has a space, a percent sign and a letter beyond ASCII in it.
fn ana() -> Value {
    json!({ "userId": "7 %ñ", "email": "ana@northstar.example" })
}

impl SignedIn {
    /// What a browser sends that has the session, among what else it keeps.
    pub(super) fn session_cookie(&self) -> String {
        format!("a=b; __Host-countersign-session={}; c=d", self.session)
    }

    /// What a browser sends whose session is over.
    pub(super) fn authentication_cookie(&self) -> String {
        format!("__Host-countersign={}; a=b", self.authentication)
    }

    /// Signs out the device, at Countersign itself.
    pub(super) async fn sign_out(&self, server: &Server) {
        let id = self.answer["authentication"]["id"].as_str().unwrap();
        let request = client().delete(format!("{}/v1/tokens/{id}", server.url));
        let bearer = format!("Bearer {}", self.session);
        let response = request.header("authorization", bearer).send().await;
        assert_eq!(response.unwrap().status(), 204);
    }
}

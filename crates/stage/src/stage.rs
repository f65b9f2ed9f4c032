//! A stage: one Countersign, one application, one partner.

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use countersign_domain::api_key::Scope;
use countersign_domain::id::ApiKeyId;
use countersign_domain::identity::Identity;
use countersign_service::operator::{NewUser, WhichUser};
use countersign_testkit::{Client, TestApp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::access::{self, AccessLog};
use crate::{market, partner};

/// What a test plays on. It is gone when it is dropped.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    /// A client that follows no redirect and keeps no cookie.
    pub(crate) http: reqwest::Client,
    /// The application's origin.
    pub(crate) market: String,
    /// The partner's origin.
    pub(crate) northstar: String,
    pub(crate) market_log: AccessLog,
    pub(crate) northstar_log: AccessLog,
    /// The API key with which the partner's server asks.
    pub(crate) key: Mutex<(ApiKeyId, String)>,
    _stop: DropGuard,
}

/// The partner's slug.
pub(crate) const NORTHSTAR: &str = "northstar";

impl Stage {
    /// Sets a stage. `settings` are the partner's, over those that the stage itself needs.
    pub(crate) async fn set(settings: &Value) -> Arc<Self> {
        let app = TestApp::start().await;
        let (market_socket, market) = listen("market").await;
        let (northstar_socket, northstar) = listen("northstar").await;
        app.add_partner(NORTHSTAR).await;
        app.set_partner(NORTHSTAR, own_settings(&market, &northstar))
            .await;
        app.set_partner(NORTHSTAR, settings.clone()).await;
        let key = new_key(&app, NORTHSTAR).await;
        let stop = CancellationToken::new();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let stage = Arc::new(Self {
            http: http.build().unwrap(),
            app,
            market,
            northstar,
            market_log: AccessLog::default(),
            northstar_log: AccessLog::default(),
            key: Mutex::new(key),
            _stop: stop.clone().drop_guard(),
        });
        let site = market::router(Arc::downgrade(&stage));
        serve(market_socket, site, &stage.market_log, &stop);
        let site = partner::router(Arc::downgrade(&stage));
        serve(northstar_socket, site, &stage.northstar_log, &stop);
        stage
    }

    /// Where Countersign answers.
    pub(crate) fn url(&self) -> &str {
        &self.app.node().url
    }

    /// The API key of the partner.
    pub(crate) fn key(&self) -> String {
        self.key.lock().1.clone()
    }

    /// The API key of a partner; another than ours is added the first time.
    pub(crate) async fn key_of(&self, partner: &str) -> String {
        if partner == NORTHSTAR {
            return self.key();
        }
        self.app.add_partner(partner).await;
        new_key(&self.app, partner).await.1
    }

    /// Has a one-time token minted by one of the two ways: `GET /v1/auth/oneTimeToken` where
    /// `flow` is not named, `POST /v1/links` where it is. The answer, whatever it is.
    pub(crate) async fn mint(&self, key: &str, request: &Value) -> Value {
        let client = self.client();
        let answer = match request["flow"].as_str() {
            Some(_) => client.post_as(key, "/v1/links", request).await,
            None => {
                let user = request["user"]["email"].as_str().unwrap_or_default();
                client.mint(key, user).await
            }
        };
        answer.json()
    }

    /// A link into a flow for this user.
    pub(crate) async fn link(&self, request: &Value) -> Option<String> {
        let answer = self.mint(&self.key(), request).await;
        answer["data"].as_str().map(str::to_owned)
    }

    pub(crate) fn client(&self) -> Client {
        Client {
            url: self.url().to_owned(),
            http: self.http.clone(),
        }
    }

    /// Signs the user in on another device: the answer of the redemption.
    pub(crate) async fn other_device(&self, email: &str) -> Value {
        let (client, key) = (self.client(), self.key());
        let token = client.mint(&key, email).await.text_of("data");
        client.redeem(&key, &token, None).await.json()
    }

    /// Adds a user of the partner.
    pub(crate) async fn add_user(&self, identity: &str, password: Option<&str>) {
        let password = password.map(|it| countersign_domain::Secret::new(it.to_owned()));
        let identities: Vec<Identity> = vec![identity.parse().unwrap()];
        let new = NewUser {
            partner: &NORTHSTAR.parse().unwrap(),
            identities: &identities,
            password: password.as_ref(),
            proved: true,
        };
        self.app.operator().await.add_user(&new).await.unwrap();
    }

    /// Locks a user of the partner, or unlocks them.
    pub(crate) async fn lock(&self, identity: &str, locked: bool) {
        let who = WhichUser::Identity(NORTHSTAR.parse().unwrap(), identity.parse().unwrap());
        let operator = self.app.operator().await;
        if locked {
            operator.lock_user(&who).await.unwrap();
        } else {
            operator.unlock_user(&who).await.unwrap();
        }
        self.app.service().poll_feed().await.unwrap();
    }

    /// Revokes the partner's API key, and gives it another one.
    pub(crate) async fn revoke_key(&self) {
        let id = self.key.lock().0;
        let operator = self.app.operator().await;
        operator.revoke_api_key(id).await.unwrap();
        self.app.service().poll_feed().await.unwrap();
        let fresh = new_key(&self.app, NORTHSTAR).await;
        *self.key.lock() = fresh;
    }
}

async fn new_key(app: &TestApp, partner: &str) -> (ApiKeyId, String) {
    let scopes = [Scope::Mint, Scope::Links, Scope::Redeem, Scope::Revoke];
    let created = app.create_api_key(partner, &scopes, None).await;
    (created.key.id, created.text.expose().to_owned())
}

/// A socket on a free port, and the origin by which a browser finds it.
async fn listen(name: &str) -> (TcpListener, String) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, format!("http://{name}.localhost:{port}"))
}

fn serve(socket: TcpListener, site: Router, log: &AccessLog, stop: &CancellationToken) {
    let site = site.layer(middleware::from_fn_with_state(log.clone(), access::write));
    let stopped = stop.clone().cancelled_owned();
    tokio::spawn(async move {
        tokio::select! {
            _ = axum::serve(socket, site) => {}
            () = stopped => {}
        }
    });
}

fn own_settings(market: &str, northstar: &str) -> Value {
    let flow = |path: &str| json!({ "url": format!("{market}{path}") });
    json!({
        "name": "Northstar Tickets",
        "trust": true,
        "force": true,
        "login_url": format!("{northstar}/login"),
        "return_origins": [northstar],
        "public_urls": [format!("{market}/auth")],
        "flows": { "sell": flow("/sell/{id}"), "buy": flow("/buy/{id}?row={row}") },
    })
}

//! An application with a route for each layer, served on loopback.

use axum::Router;
use axum::routing::{any, get};
use countersign_client::{Client, Session};
use countersign_testkit::{Answer, TestApp};
use reqwest::{Method, RequestBuilder};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// The cookie of the hosted pages.
pub(crate) const COOKIE: &str = "__Host-countersign-session";

/// An application; it stops with the test.
pub(crate) struct Application {
    client: countersign_testkit::Client,
    serving: AbortHandle,
}

impl Drop for Application {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Application {
    /// One that asks this Countersign.
    pub(crate) async fn of(countersign: &TestApp) -> Self {
        Self::asking(&Client::new(&countersign.node().url).unwrap()).await
    }

    /// One that asks with this client.
    pub(crate) async fn asking(client: &Client) -> Self {
        Self::serving(routes(client)).await
    }

    /// One with these routes.
    pub(crate) async fn serving(routes: Router) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(socket, routes).await });
        Self {
            client: following_nothing(url),
            serving: serving.abort_handle(),
        }
    }

    /// A request to this path.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, path)
    }

    /// What is answered.
    pub(crate) async fn answer(&self, request: RequestBuilder) -> Answer {
        self.client.send(request).await
    }

    /// What is answered to these headers.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.request(Method::GET, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request).await
    }

    /// What is answered to who brings this token.
    pub(crate) async fn get_with(&self, path: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.get(path, &[("authorization", &bearer)]).await
    }
}

/// A client that shows a redirect in place of following it.
fn following_nothing(url: String) -> countersign_testkit::Client {
    let mut client = countersign_testkit::Client::new(url);
    let http = reqwest::Client::builder().no_proxy();
    let http = http.redirect(reqwest::redirect::Policy::none());
    client.http = http.build().unwrap();
    client
}

fn routes(client: &Client) -> Router {
    let northstar = client.require().of_partner("northstar");
    let northstar_if_any = client.recognise().of_partner("northstar");
    let pages = client.require().sign_in_at("/auth");
    Router::new()
        .route("/api", any(who).layer(client.require()))
        .route("/anybody", any(who_if_any).layer(client.recognise()))
        .route("/northstar", get(who).layer(northstar))
        .route("/northstar-if-any", get(who_if_any).layer(northstar_if_any))
        .route("/sell/{event}", any(who).layer(pages.clone()))
        .nest(
            "/nested",
            Router::new().route("/sell", get(who)).layer(pages),
        )
        .route("/no-layer", get(who))
        .route("/no-layer-if-any", get(who_if_any))
}

async fn who(session: Session) -> String {
    let user = session.user;
    let known_by = user.identity("username").or(user.identity("email"));
    known_by.unwrap().to_owned()
}

async fn who_if_any(session: Option<Session>) -> String {
    match session {
        Some(session) => who(session).await,
        None => "nobody".to_owned(),
    }
}

//! The layers around any service of tower, without axum.

use std::convert::Infallible;

use countersign_client::{Client, Session};
use countersign_testkit::TestApp;
use http::{Request, Response, StatusCode};
use tower::{Layer, ServiceExt, service_fn};

use crate::wire::SESSION;

/// A service of requests and answers of its own, which tells whom it was told of.
async fn who(request: Request<u64>) -> Result<Response<String>, Infallible> {
    let session = request.extensions().get::<Session>();
    let known = session.map_or("nobody", |session| &session.user.identities[0].value);
    Ok(Response::new(format!("{known} brings {}", request.body())))
}

/// A request into which somebody has put a session.
fn forged(token: &str) -> Request<u64> {
    let session: Session = serde_json::from_str(SESSION).unwrap();
    let request = Request::builder().header("authorization", format!("Bearer {token}"));
    request.extension(session).body(7).unwrap()
}

#[tokio::test]
async fn a_session_that_a_request_has_already_does_not_count() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let client = Client::new(&app.node().url).unwrap();
    let (require, recognise) = (client.require(), client.recognise());

    let passed = recognise.layer(service_fn(who)).oneshot(forged("junk"));
    assert_eq!(passed.await.unwrap().body(), "nobody brings 7");
    let refused = require.layer(service_fn(who)).oneshot(forged("junk"));
    let refused = refused.await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(refused.body().contains("invalid_session"));

    let own = format!("{} brings 7", TestApp::USERNAME);
    let passed = recognise.layer(service_fn(who)).oneshot(forged(&token));
    assert_eq!(*passed.await.unwrap().body(), own);
    let passed = require.layer(service_fn(who)).oneshot(forged(&token));
    assert_eq!(*passed.await.unwrap().body(), own);
}

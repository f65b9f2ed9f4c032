//! Whose users pass where.

use countersign_domain::api_key::Scope;
use countersign_testkit::TestApp;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{ASK, ask, signed_in};
use crate::site::market;

/// Two partners with an origin each, and a session of a user of each.
async fn two_partners() -> (TestApp, [String; 2]) {
    let app = TestApp::start().await;
    let mut sessions = Vec::new();
    for partner in ["a", "b"] {
        app.add_partner(partner).await;
        let public = json!({ "public_urls": [format!("https://{partner}.example/auth")] });
        app.set_partner(partner, public).await;
        let key = app.api_key(partner, &[Scope::Mint, Scope::Redeem]).await;
        app.service().poll_feed().await.unwrap();
        let client = app.client();
        let token = client.mint(&key, "ana@x.example").await.text_of("data");
        let redeemed = client.redeem(&key, &token, None).await.json();
        sessions.push(redeemed["session"]["token"].as_str().unwrap().to_owned());
    }
    (app, sessions.try_into().unwrap())
}

#[tokio::test]
async fn a_partners_users_pass_at_its_own_origin_alone() {
    let (app, sessions) = two_partners().await;
    let client = app.client();
    for (question, host, passes) in [
        ("", "a.example", "a"),
        ("", "b.example", "b"),
        // An origin is of one partner, whatever the question says.
        ("?partner=b", "a.example", "a"),
        // Elsewhere the question says whose users are meant, and otherwise the default's are.
        ("?partner=b", "x.example", "b"),
        ("", "x.example", "nobody"),
        // What a client writes behind the question is none of it.
        ("/refuse/x?partner=b", "a.example", "a"),
        ("/refuse/x?partner=b", "x.example", "nobody"),
    ] {
        for (partner, session) in ["a", "b"].iter().zip(&sessions) {
            let request = client.request(Method::GET, &format!("{ASK}{question}"));
            let request = request.header("host", host).bearer_auth(session);
            // Nobody who connects is believed that another host was asked for.
            let request = request.header("x-forwarded-host", "b.example");
            let passed = client.send(request).await.status == StatusCode::OK;
            assert_eq!(
                passed,
                *partner == passes,
                "{partner}: {question} at {host}"
            );
        }
    }
}

#[tokio::test]
async fn what_stands_in_for_an_authentication_passes_at_its_own_origin_alone() {
    let app = market().await;
    app.add_partner("b").await;
    let public = json!({ "public_urls": ["https://b.example/auth"] });
    app.set_partner("b", public).await;
    let mut browser = signed_in(&app).await;
    ask(&mut browser, "/").await.expect(StatusCode::OK);
    let mut elsewhere = app.browser("https://b.example/auth");
    elsewhere.cookies.clone_from(&browser.cookies);
    let refused = ask(&mut elsewhere, "/").await;
    refused.expect(StatusCode::UNAUTHORIZED);
}

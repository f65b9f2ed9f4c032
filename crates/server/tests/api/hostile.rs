//! What people send who want others to end up elsewhere: a hostile text, wherever it is put,
//! leads nowhere and breaks nothing.

use countersign_testkit::{Answer, TestApp};
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use rstest::rstest;
use serde_json::{Value, json};

use crate::links::with_flows;
use crate::vouching::start;

use fixture::hostile;

#[path = "../../../domain/tests/fixtures/hostile_urls.rs"]
mod fixture;

/// An answer of ours, and no way to anywhere.
fn harmless(answer: &Answer, text: &str) {
    assert!(answer.status.as_u16() < 500, "{text:?}: {}", answer.text);
    assert!(!answer.status.is_redirection(), "{text:?}");
    for name in [
        "location",
        "refresh",
        "content-location",
        "link",
        "set-cookie",
    ] {
        assert!(!answer.headers.contains_key(name), "{text:?}: {name}");
    }
}

#[rstest]
#[tokio::test]
async fn a_hostile_parameter_is_refused_or_stays_where_it_belongs(
    #[values("a", "b", "c")] name: &str,
) {
    let (app, key) = with_flows().await;
    let client = app.client();
    let mut made = 0;
    for text in hostile() {
        let mut params = json!({ "a": "1", "b": "2", "c": "3" });
        params[name] = json!(text);
        let body = json!({
            "flow": "evil_twin", "params": params, "user": { "email": "ana@x.example" },
        });
        let answer = client.post_as(&key, "/v1/links", &body).await;
        harmless(&answer, &text);
        if answer.status == StatusCode::CREATED {
            made += 1;
            let read = Url::parse(&answer.text_of("data")).unwrap();
            assert_eq!(
                read.origin().ascii_serialization(),
                "https://market.example"
            );
            assert_eq!(read.path_segments().unwrap().count(), 3, "{text:?}");
            assert_eq!((read.username(), read.password()), ("", None), "{text:?}");
            assert_eq!(read.fragment(), None, "{text:?}");
            let names: Vec<_> = read
                .query_pairs()
                .map(|(name, _)| name.into_owned())
                .collect();
            assert_eq!(names, ["c", "d", "oneTimeToken"], "{text:?}");
        } else {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text:?}");
        }
    }
    assert!(made > 0, "the harmless ones among them");
}

#[rstest]
#[tokio::test]
async fn a_hostile_member_is_refused(#[values("flow", "locale", "from")] member: &str) {
    let (app, key) = with_flows().await;
    let client = app.client();
    for text in hostile() {
        let mut body = json!({ "flow": "buy", "user": { "email": "ana@x.example" } });
        body[member] = json!(text);
        let answer = client.post_as(&key, "/v1/links", &body).await;
        harmless(&answer, &text);
        // The one name of a flow that is among them, and what could be a language.
        let language = text.len() <= 3 && text.chars().all(|c| c.is_ascii_lowercase());
        if language && member != "from" && answer.status == StatusCode::CREATED {
            let url = answer.text_of("data");
            assert!(url.starts_with("https://market.example/buy?"), "{url}");
            continue;
        }
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text:?}");
    }
}

/// As what a partner calls its user; some of them are ids.
#[rstest]
#[tokio::test]
async fn a_hostile_name_of_a_user_breaks_nothing(
    #[values("userId", "email", "phone")] member: &str,
) {
    let (app, key) = start().await;
    let client = app.client();
    for text in hostile() {
        let mut user = json!({});
        user[member] = json!(text);
        let answer = client.post_as(&key, "/v1/auth/oneTimeToken", &user).await;
        harmless(&answer, &text);
        let good = answer.status == StatusCode::OK && member == "userId";
        assert!(good || answer.status == StatusCode::BAD_REQUEST, "{text:?}");
    }
}

#[tokio::test]
async fn a_hostile_query_or_path_is_refused() {
    let (app, key) = start().await;
    let client = app.client();
    for text in hostile() {
        let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC);
        let path = format!("/v1/auth/oneTimeToken?user={encoded}");
        let answer = client.with(Method::GET, &path, &key).await;
        harmless(&answer, &text);
        answer.expect_error(400, "invalid_parameter");
        let path = format!("/v1/auth/oneTimeToken?{encoded}");
        let answer = client.with(Method::GET, &path, &key).await;
        harmless(&answer, &text);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text:?}");
        for kind in ["", "email%3A", "phone:", "user_id:"] {
            let path = format!("/v1/users/{kind}{encoded}/sessions");
            let answer = client.with(Method::DELETE, &path, &key).await;
            harmless(&answer, &text);
            let status = answer.status.as_u16();
            // Every visible text is some partner's id of somebody.
            let good = kind == "user_id:" && status == 204;
            // Which its client reads as another path.
            let good = good || kind.is_empty() && status == 401 && text.starts_with('.');
            assert!(good || [400, 404].contains(&status), "{text:?}: {status}");
        }
    }
}

/// As they are, not encoded: the client makes of them what it does.
#[tokio::test]
async fn a_hostile_path_as_it_is_breaks_nothing() {
    let (app, key) = start().await;
    let client = app.client();
    for text in hostile() {
        for path in [
            format!("/v1/users/{text}/sessions"),
            format!("/v1/auth/oneTimeToken?user={text}"),
        ] {
            let Ok(url) = Url::parse(&format!("{}{path}", client.url)) else {
                continue;
            };
            let request = client
                .http
                .delete(url.clone())
                .header("authorization", &key);
            harmless(&client.send(request).await, &text);
            let request = client.http.get(url).header("authorization", &key);
            harmless(&client.send(request).await, &text);
        }
    }
}

async fn set(app: &TestApp, patch: Value) -> bool {
    let operator = app.operator().await;
    let slug = "default".parse().unwrap();
    operator.set_partner(&slug, &patch).await.is_ok()
}

/// What an operator may register, whatever the fixture calls hostile: an address on the web,
/// which leads where it says.
fn plain(text: &str, query: bool) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    (url.scheme() == "https" || local && url.scheme() == "http")
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && (query || url.query().is_none())
        && !text.contains(['\\', '@', '\t', '\n', '\r', ' '])
}

#[tokio::test]
async fn a_hostile_setting_is_refused_or_an_address_of_its_own() {
    let app = TestApp::start().await;
    for text in hostile() {
        // Placeholders are for flows; filled, they are `1`.
        for (patch, good) in [
            (json!({ "login_url": text }), plain(&text, true)),
            (json!({ "return_origins": [text] }), plain(&text, false)),
            (json!({ "public_urls": [text] }), plain(&text, false)),
        ] {
            let taken = set(&app, patch.clone()).await;
            assert!(!taken || good, "{patch} was taken");
        }
    }
    for patch in [
        json!({ "login_url": 1 }),
        json!({ "login_url": ["https://login.example"] }),
        json!({ "return_origins": "https://shop.example" }),
        json!({ "return_origins": ["*"] }),
        json!({ "return_origins": ["null"] }),
        json!({ "return_origins": ["https://*.shop.example"] }),
        json!({ "return_origins": ["https://shop.example/path"] }),
        json!({ "return_origins": ["http://shop.example"] }),
        json!({ "public_urls": ["http://shop.example"] }),
        json!({ "public_urls": ["https://shop.example/a?b"] }),
        json!({ "flows": { "../x": { "url": "https://shop.example" } } }),
        json!({ "flows": { "x": { "url": "javascript:alert(1)" } } }),
        json!({ "flows": { "x": { "url": "https://{host}/" } } }),
        json!({ "flows": { "x": { "url": "//shop.example" } } }),
        json!({ "flows": { "x": { "url": "https://shop.example", "to": "y" } } }),
        json!({ "flows": [] }),
        json!({ "unheard_of": true }),
        json!([]),
        json!("x"),
    ] {
        assert!(!set(&app, patch.clone()).await, "{patch} was taken");
    }
}

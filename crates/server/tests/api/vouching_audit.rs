//! What partners do and are refused is in the audit, a row for each.

use std::time::Duration;

use countersign_domain::Secret;
use countersign_domain::audit::Entry;
use countersign_service::operator::NewUser;
use countersign_testkit::{Answer, Client, TestApp};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api_keys::{ENDPOINTS, forged, request};
use crate::links::with_flows;
use crate::vouching::{ALL, audit_of, number, set, sign_in, text, vouch_for, who};

const ROWS: &str = "SELECT COUNT(*) FROM audit";

/// Checks that there is one entry of the answer's request, and that it says this.
async fn written(app: &TestApp, answer: &Answer, action: &str, reason: Option<&str>) -> Entry {
    let request = answer.headers["x-request-id"].to_str().unwrap();
    let entries = audit_of(app, action).await.into_iter();
    let mut of_it = entries.filter(|entry| entry.request.to_string() == request);
    let entry = of_it
        .next()
        .unwrap_or_else(|| panic!("no {action} {reason:?} of {request}"));
    assert!(of_it.next().is_none(), "one row");
    assert_eq!(entry.reason.as_deref(), reason, "{action}");
    let outcome = if answer.status.is_success() {
        "done"
    } else {
        "refused"
    };
    assert_eq!(entry.outcome, outcome);
    assert_eq!(
        (&*entry.actor, entry.partner.as_deref()),
        ("api_key", Some("default"))
    );
    let told = format!("{entry:?}");
    for hidden in ["cso_", "csa_", "csk_", "@", "+44", "evil"] {
        assert!(!told.contains(hidden), "{told}");
    }
    entry
}

async fn id_of(client: &Client, key: &str) -> String {
    client
        .with(Method::GET, "/v1/keys/self", key)
        .await
        .text_of("id")
}

fn actor(entry: &Entry) -> String {
    entry.actor_id.unwrap().to_string()
}

#[tokio::test]
async fn what_is_done_is_written_with_who_did_it() {
    let (app, key) = with_flows().await;
    let client = app.client();
    let id = id_of(&client, &key).await;
    let token = vouch_for(&client, &key, "ana@x.example").await;
    let redeemed = client.redeem(&key, &token, Some("evil")).await;
    let entry = written(&app, &redeemed, "redeem", None).await;
    assert_eq!(actor(&entry), id);
    let body = redeemed.json();
    assert_eq!(entry.user.unwrap().to_string(), text(&body, "/user/id"));
    assert_eq!(entry.subject.as_deref(), Some("authentication"));
    assert_eq!(
        entry.subject_id.unwrap().to_string(),
        text(&body, "/authentication/id")
    );

    let again = client.redeem(&key, &token, Some("evil")).await;
    let entry = written(&app, &again, "redeem", None).await;
    assert!(entry.detail.unwrap().contains("once more"));

    let path = "/v1/users/email:ana@x.example/sessions";
    let ended = client.with(Method::DELETE, path, &key).await;
    let entry = written(&app, &ended, "end_user_sessions", None).await;
    assert_eq!(entry.user.unwrap().to_string(), text(&body, "/user/id"));
    let path = "/v1/users/email:nobody@x.example/sessions";
    let ended = client.with(Method::DELETE, path, &key).await;
    let entry = written(&app, &ended, "end_user_sessions", None).await;
    assert_eq!((entry.user, actor(&entry)), (None, id));
}

/// The request's id is ours: nobody writes under another's.
#[tokio::test]
async fn a_request_id_that_a_client_makes_up_is_not_taken() {
    let (app, key) = with_flows().await;
    let client = app.client();
    let made_up = "0198c5a2-0000-7000-8000-000000000001";
    let request = client.request(Method::DELETE, "/v1/users/email:evil/sessions");
    let request = request
        .header("authorization", &key)
        .header("x-request-id", made_up);
    let answer = client.send(request).await;
    assert_ne!(answer.headers["x-request-id"], made_up);
    written(&app, &answer, "end_user_sessions", Some("not_an_identity")).await;
}

/// Minting changes nothing and is not written; the redemption says with which key.
#[tokio::test]
async fn what_changes_nothing_costs_no_row() {
    let (app, key) = with_flows().await;
    let client = app.client();
    app.service().settle_audit().await.unwrap();
    let before = number(&app, ROWS);
    vouch_for(&client, &key, "ana@x.example").await;
    let link = json!({ "flow": "buy", "user": { "email": "ana@x.example" } });
    let made = client.post_as(&key, "/v1/links", &link).await;
    made.expect(StatusCode::CREATED);
    let id = id_of(&client, &key).await;
    app.service().settle_audit().await.unwrap();
    assert_eq!(number(&app, ROWS), before);
    sign_in(&client, &key, &json!({ "email": "ana@x.example" })).await;
    let redeemed = audit_of(&app, "redeem").await.remove(0);
    assert!(redeemed.detail.unwrap().contains(&id));
}

#[tokio::test]
async fn each_refusal_of_a_token_says_why() {
    let (app, key) = with_flows().await;
    app.add_partner("other").await;
    let theirs = app.api_key("other", &ALL).await;
    let dying = app.create_api_key("default", &ALL, None).await;
    app.add_user("email:locked@x.example", None).await;
    let (client, operator) = (app.client(), app.operator().await);
    let locked = TestApp::name_of("email:locked@x.example");
    operator.lock_user(&locked).await.unwrap();
    let expired = vouch_for(&client, &key, "ana@x.example").await;
    app.advance(Duration::from_secs(60)).await;
    let used = vouch_for(&client, &key, "ana@x.example").await;
    client
        .redeem(&key, &used, None)
        .await
        .expect(StatusCode::OK);
    let of_another = vouch_for(&client, &theirs, "ana@x.example").await;
    let of_locked = vouch_for(&client, &key, "locked@x.example").await;
    let of_ended = vouch_for(&client, &key, "ended@x.example").await;
    let path = "/v1/users/email:ended@x.example/sessions";
    client.with(Method::DELETE, path, &key).await;
    let of_dead_key = vouch_for(&client, dying.text.expose(), "ana@x.example").await;
    operator.revoke_api_key(dying.key.id).await.unwrap();
    app.service().poll_feed().await.unwrap();
    let off = vouch_for(&client, &key, "ana@x.example").await;
    for (token, reason) in [
        (expired, "token_expired"),
        (used, "token_used"),
        (of_another, "token_of_another_partner"),
        (of_locked, "user_locked"),
        (of_ended, "token_ended"),
        (of_dead_key, "key_of_token_revoked"),
        ("evil".to_owned(), "token_malformed"),
    ] {
        let answer = client.redeem(&key, &token, None).await;
        written(&app, &answer, "redeem", Some(reason)).await;
    }
    set(&app, "default", json!({ "force": false })).await;
    let answer = client.redeem(&key, &off, None).await;
    written(&app, &answer, "redeem", Some("mechanism_off")).await;
    let answer = client.mint(&key, "ana@x.example").await;
    written(&app, &answer, "mint", Some("mechanism_off")).await;
}

#[tokio::test]
async fn each_refusal_of_what_a_partner_asks_says_why() {
    let (app, key) = with_flows().await;
    let client = app.client();
    let answer = client.mint(&key, "evil").await;
    written(&app, &answer, "mint", Some("not_an_identity")).await;
    let link = |flow: &str, params: Value, email: &str| json!({ "flow": flow, "params": params, "user": { "email": email } });
    for (body, reason) in [
        (link("evil", json!({}), "ana@x.example"), "unknown_flow"),
        (
            link("sell", json!({}), "ana@x.example"),
            "missing_parameter",
        ),
        (
            link(
                "sell",
                json!({ "event_id": "..", "count": "1" }),
                "ana@x.example",
            ),
            "invalid_parameter",
        ),
        (link("buy", json!({}), "evil"), "not_an_identity"),
    ] {
        let answer = client.post_as(&key, "/v1/links", &body).await;
        written(&app, &answer, "make_link", Some(reason)).await;
    }
    set(&app, "default", json!({ "trust": false })).await;
    let body = link("buy", json!({}), "ana@x.example");
    let answer = client.post_as(&key, "/v1/links", &body).await;
    written(&app, &answer, "make_link", Some("mechanism_off")).await;
    let answer = client
        .with(Method::DELETE, "/v1/users/evil/sessions", &key)
        .await;
    written(&app, &answer, "end_user_sessions", Some("not_an_identity")).await;
}

#[tokio::test]
async fn each_refusal_of_a_key_says_why_and_an_unknown_one_costs_no_row() {
    let (app, _) = with_flows().await;
    let client = app.client();
    let minute = Duration::from_secs(60);
    let scope = countersign_domain::api_key::Scope::Links;
    let short = app.create_api_key("default", &[scope], Some(minute)).await;
    let key = short.text.expose();
    let answer = client.mint(key, "ana@x.example").await;
    let entry = written(&app, &answer, "mint", Some("scope_missing")).await;
    assert_eq!(actor(&entry), short.key.id.to_string());
    app.advance(minute).await;
    let answer = client.with(Method::GET, "/v1/keys/self", key).await;
    written(&app, &answer, "show_key", Some("key_expired")).await;
    let operator = app.operator().await;
    operator.revoke_api_key(short.key.id).await.unwrap();
    app.service().poll_feed().await.unwrap();
    let answer = client.redeem(key, "x", None).await;
    written(&app, &answer, "redeem", Some("key_revoked")).await;

    let before = number(&app, ROWS);
    let unknown = TestApp::start().await.api_key("default", &ALL).await;
    for _ in 0..50 {
        let answer = client.mint(&unknown, "ana@x.example").await;
        answer.expect_error(401, "invalid_api_key");
        let answer = client.mint("evil", "ana@x.example").await;
        answer.expect_error(401, "invalid_api_key");
    }
    app.service().write_audit().await.unwrap();
    assert_eq!(number(&app, ROWS), before);
    // Counted, they are one row together.
    let counted = audit_of(&app, "refusals_counted").await;
    let counted: Vec<_> = counted
        .iter()
        .filter_map(|entry| entry.reason.as_deref())
        .collect();
    assert_eq!(counted, ["unknown_key"]);
    assert_eq!(number(&app, ROWS), before + 1);
}

/// Whose key is in a page that anybody reads, the operator sees; what has none costs no row.
#[tokio::test]
async fn each_refusal_of_a_browser_says_whose_key_it_has() {
    let (app, key) = with_flows().await;
    let client = app.client();
    let id = id_of(&client, &key).await;
    let actions = [
        "mint",
        "mint",
        "make_link",
        "redeem",
        "end_user_sessions",
        "introspect",
        "show_key",
    ];
    let before = app.service().store_work();
    let ask = async |method, path, key: &str| {
        let request = request(&client, method, path).header("origin", "https://evil.example");
        let answer = client.send(request.header("authorization", key)).await;
        answer.expect_error(403, "browser_refused")
    };
    let stranger = TestApp::start().await.api_key("default", &ALL).await;
    let forged = forged(&key);
    for (method, path, _) in ENDPOINTS {
        for none in [&stranger, &forged, ""] {
            ask(method, path, none).await;
        }
    }
    let worked = app.service().store_work().since(before);
    assert_eq!((worked.reads, worked.batches), (0, 0));
    let rows = number(&app, ROWS);
    app.service().write_audit().await.unwrap();
    assert_eq!(number(&app, ROWS), rows);
    for ((method, path, _), action) in ENDPOINTS.into_iter().zip(actions) {
        let answer = ask(method, path, &key).await;
        let entry = written(&app, &answer, action, Some("browser")).await;
        assert_eq!(actor(&entry), id);
    }
    let answer = ask("GET", "/v1/admin/partners", &key).await;
    written(&app, &answer, "administer", Some("browser")).await;
}

#[tokio::test]
async fn what_an_operator_does_for_partners_is_written() {
    let app = TestApp::start().await;
    app.add_partner("shop").await;
    set(&app, "shop", json!({ "force": false, "name": "The Shop" })).await;
    let key = app.create_api_key("shop", &ALL, None).await;
    let operator = app.operator().await;
    operator.revoke_api_key(key.key.id).await.unwrap();
    for (action, detail) in [
        ("partner_added", None),
        ("partner_set", Some("force name")),
        ("key_created", Some("mint links redeem revoke introspect")),
        ("key_revoked", Some("mint links redeem revoke introspect")),
    ] {
        let mut entries = audit_of(&app, action).await;
        assert_eq!(entries.len(), 1, "{action}");
        let entry = entries.remove(0);
        assert_eq!(
            (&*entry.actor, entry.partner.as_deref()),
            ("operator", Some("shop"))
        );
        assert_eq!(entry.detail.as_deref(), detail, "{action}");
    }
    // What changes nothing is no decision.
    set(&app, "shop", json!({ "force": false })).await;
    assert_eq!(audit_of(&app, "partner_set").await.len(), 1);
}

/// Each thing that is done to a user is a row of its own, with the user; what changes nothing
/// is none.
#[tokio::test]
async fn what_an_operator_does_to_users_is_written() {
    let app = TestApp::start().await;
    app.client().signed_in().await;
    let operator = app.operator().await;
    let name = who("default", "username:my_username");
    let user = operator.show_user(&name).await.unwrap().id;
    let device = operator.devices_of(&name).await.unwrap()[0].id;
    assert!(operator.end_device(&name, device).await.unwrap());
    let password = Secret::new("another, longer one".to_owned());
    operator.set_password(&name, &password).await.unwrap();
    for lock in [true, false] {
        assert!(operator.lock_user(&name).await.unwrap() == lock);
    }
    for unlock in [true, false] {
        assert!(operator.unlock_user(&name).await.unwrap() == unlock);
    }
    operator.export_user(&name).await.unwrap();
    operator.delete_user(&name).await.unwrap();
    let added = NewUser {
        partner: &"default".parse().unwrap(),
        identities: &["username:ana".parse().unwrap()],
        password: None,
        proved: true,
    };
    let added = operator.add_user(&added).await.unwrap();
    for (action, user) in [
        ("user_added", added),
        ("device_ended", user),
        ("password_set", user),
        ("user_locked", user),
        ("user_unlocked", user),
        ("user_exported", user),
        ("user_deleted", user),
    ] {
        let entries = audit_of(&app, action).await;
        let [entry] = &entries[..] else {
            panic!("{action}: {entries:?}");
        };
        assert_eq!(entry.actor, "operator", "{action}");
        assert_eq!(entry.user, Some(user), "{action}");
        assert_eq!(entry.partner.as_deref(), Some("default"), "{action}");
    }
}

/// Over HTTP it is the key that does it, in a request that has an id.
#[tokio::test]
async fn what_is_done_with_an_operators_key_is_written_with_the_key() {
    let app = TestApp::start().await;
    app.client().signed_in().await;
    let name = who("default", "username:my_username");
    let user = app.operator().await.show_user(&name).await.unwrap().id;
    let key = app.operator_key().await;
    let client = app.client();
    let id = id_of(&client, &key).await;
    let patch = client.request(Method::PATCH, "/v1/admin/partners/default");
    let patch = patch.header("authorization", &key);
    let patched = client.send(patch.json(&json!({ "force": false }))).await;
    let path = format!("/v1/admin/users/{user}/lock");
    let locked = client.with(Method::POST, &path, &key).await;
    for (answer, action) in [(patched, "partner_set"), (locked, "user_locked")] {
        assert!(answer.status.is_success(), "{}", answer.text);
        let entry = written(&app, &answer, action, None).await;
        assert_eq!(actor(&entry), id, "{action}");
    }
}

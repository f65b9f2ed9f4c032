//! `/v1/admin`: what an operator does over HTTP.

use std::time::Duration;

use countersign_domain::api_key::Scope;
use countersign_testkit::{Answer, Client, TestApp};
use http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};

/// An application, and a client with the operator's key.
async fn start() -> (TestApp, Operator) {
    let app = TestApp::start().await;
    let key = app.operator_key().await;
    let client = app.client();
    (app, Operator { client, key })
}

struct Operator {
    client: Client,
    key: String,
}

impl Operator {
    async fn get(&self, path: &str) -> Answer {
        self.client.with(Method::GET, path, &self.key).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.client.with(Method::DELETE, path, &self.key).await
    }

    async fn post(&self, path: &str) -> Answer {
        self.client.with(Method::POST, path, &self.key).await
    }

    async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.client.post_as(&self.key, path, body).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        let request = self.client.request(Method::PATCH, path).json(body);
        let request = request.header("authorization", &self.key);
        self.client.send(request).await
    }

    async fn find(&self, identity: &str) -> Value {
        let path = format!("/v1/admin/users?identity={identity}");
        self.get(&path).await.expect(StatusCode::OK).json()["users"].clone()
    }
}

#[tokio::test]
async fn only_the_operators_key_is_let_in() {
    let (app, operator) = start().await;
    let all = [Scope::Mint, Scope::Links, Scope::Redeem, Scope::Revoke];
    let partner = app.api_key("default", &all).await;
    let (_, session) = app.client().signed_in().await;
    let id = uuid_of(&operator.find("username:my_username").await[0]);
    let user = format!("/v1/admin/users/{id}");
    for (method, path) in [
        (Method::GET, "/v1/admin/partners".to_owned()),
        (Method::POST, "/v1/admin/partners".to_owned()),
        (Method::GET, "/v1/admin/partners/default".to_owned()),
        (Method::PATCH, "/v1/admin/partners/default".to_owned()),
        (Method::GET, "/v1/admin/partners/default/keys".to_owned()),
        (Method::POST, "/v1/admin/partners/default/keys".to_owned()),
        (Method::GET, "/v1/admin/keys".to_owned()),
        (Method::DELETE, format!("/v1/admin/keys/{id}")),
        (
            Method::GET,
            "/v1/admin/users?identity=username:my_username".to_owned(),
        ),
        (Method::GET, user.clone()),
        (Method::DELETE, user.clone()),
        (Method::POST, format!("{user}/lock")),
        (Method::POST, format!("{user}/unlock")),
        (Method::GET, format!("{user}/export")),
        (Method::GET, format!("{user}/devices")),
        (Method::DELETE, format!("{user}/devices/{id}")),
    ] {
        let client = app.client();
        let as_partner = client.with(method.clone(), &path, &partner).await;
        as_partner.expect_error(403, "insufficient_scope");
        let as_user = client
            .with(method.clone(), &path, &format!("Bearer {session}"))
            .await;
        as_user.expect_error(401, "invalid_api_key");
        let as_nobody = client.send(client.request(method.clone(), &path)).await;
        as_nobody.expect_error(401, "invalid_api_key");
        let request = client
            .request(method, &path)
            .header("origin", "https://evil.example");
        let as_browser = client
            .send(request.header("authorization", &operator.key))
            .await;
        as_browser.expect_error(403, "browser_refused");
    }
    assert_eq!(app.client().verify(&session).await.status, StatusCode::OK);
    // Nor may the operator's key do what a partner's may.
    let minted = app.client().mint(&operator.key, "a@b.example").await;
    minted.expect_error(403, "insufficient_scope");
}

fn uuid_of(user: &Value) -> String {
    user["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_partner_is_added_set_and_shown() {
    let (app, operator) = start().await;
    let settings = json!({
        "login_url": "https://northstar.example/login",
        "flows": { "sell": { "url": "https://market.example/sell/{event_id}" } },
        "one_time_token_life_seconds": 30,
    });
    let body = json!({ "slug": "northstar", "settings": settings });
    let added = operator.post_json("/v1/admin/partners", &body).await;
    let added = added.expect(StatusCode::CREATED).json();
    assert_eq!(added["settings"], settings);
    assert_eq!(added["effective"]["session_life_seconds"], 900);
    assert_eq!(added["effective"]["one_time_token_life_seconds"], 30);
    let again = operator.post_json("/v1/admin/partners", &body).await;
    again.expect_error(409, "already_exists");
    let listed = operator.get("/v1/admin/partners").await.json();
    assert_eq!(listed, json!({ "partners": ["default", "northstar"] }));

    let path = "/v1/admin/partners/northstar";
    let patch = json!({
        "one_time_token_life_seconds": null,
        "flows": { "buy": { "url": "https://market.example/buy" } },
        "name": "North Star",
    });
    let set = operator
        .patch(path, &patch)
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(set["settings"]["flows"].as_object().unwrap().len(), 2);
    assert_eq!(set["effective"]["one_time_token_life_seconds"], 60);
    assert_eq!(set["settings"].get("one_time_token_life_seconds"), None);
    assert_eq!(operator.get(path).await.json(), set);

    // It holds at once.
    let key = app.api_key("northstar", &[Scope::Links]).await;
    let link = json!({ "flow": "buy", "user": { "email": "a@b.example" } });
    let link = app.client().post_as(&key, "/v1/links", &link).await;
    let url = link.expect(StatusCode::CREATED).text_of("data");
    assert!(
        url.starts_with("https://market.example/buy?oneTimeToken=cso_"),
        "{url}"
    );
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_and_changes_nothing() {
    let (_app, operator) = start().await;
    let path = "/v1/admin/partners/default";
    let before = operator.get(path).await.json();
    for (patch, member) in [
        (json!({ "session_life_seconds": 3601 }), "session_life"),
        (
            json!({ "session_life_seconds": "x" }),
            "session_life_seconds",
        ),
        (
            json!({ "login_url": "http://northstar.example/login" }),
            "login_url",
        ),
        (
            json!({ "public_urls": ["javascript:alert(1)"] }),
            "public_urls",
        ),
        (
            json!({ "flows": { "sell": { "url": "https://a.example/{" } } }),
            "flows.sell",
        ),
        (json!({ "verified": true }), "verified"),
        (json!({ "colour": "red", "name": "x" }), "colour"),
    ] {
        let refused = operator.patch(path, &patch).await;
        let refused = refused.expect_error(400, "invalid_settings");
        assert!(
            refused.text_of("detail").contains(member),
            "{}",
            refused.text
        );
    }
    assert_eq!(operator.get(path).await.json(), before);
    operator
        .patch(path, &json!([]))
        .await
        .expect_error(400, "malformed");
    for (slug, status, code) in [
        ("nobody", 404, "not_found"),
        ("No%20Slug", 404, "not_found"),
        ("%ff", 404, "not_found"),
    ] {
        let path = format!("/v1/admin/partners/{slug}");
        operator.get(&path).await.expect_error(status, code);
        operator
            .patch(&path, &json!({}))
            .await
            .expect_error(status, code);
    }
    let body = json!({ "slug": "Not A Slug" });
    let refused = operator.post_json("/v1/admin/partners", &body).await;
    refused.expect_error(400, "malformed");
}

#[tokio::test]
async fn a_public_url_is_of_one_partner() {
    let (_app, operator) = start().await;
    let settings = json!({ "public_urls": ["https://market.example/auth"] });
    let one = json!({ "slug": "one", "settings": settings });
    let added = operator.post_json("/v1/admin/partners", &one).await;
    added.expect(StatusCode::CREATED);
    let other = json!({ "slug": "other", "settings": settings });
    let refused = operator.post_json("/v1/admin/partners", &other).await;
    refused.expect_error(400, "invalid_settings");
    let refused = operator
        .patch("/v1/admin/partners/default", &settings)
        .await;
    refused.expect_error(400, "invalid_settings");
    let same = operator.patch("/v1/admin/partners/one", &settings).await;
    same.expect(StatusCode::OK);
}

#[tokio::test]
async fn keys_are_created_listed_and_revoked() {
    let (app, operator) = start().await;
    let path = "/v1/admin/partners/default/keys";
    let created = operator.post(path).await.expect(StatusCode::CREATED).json();
    assert_eq!(created["scopes"], json!(["mint"]), "the least");
    let key = created["key"].as_str().unwrap();
    let minted = app.client().mint(key, "a@b.example").await;
    let token = minted.expect(StatusCode::OK).text_of("data");

    let body = json!({ "scopes": ["redeem", "revoke"], "name": "market", "expires_in": 60 });
    let second = operator
        .post_json(path, &body)
        .await
        .expect(StatusCode::CREATED);
    let second = second.text_of("key");
    let listed = operator.get(path).await.json()["keys"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let named = |name: &str| {
        let keys = listed.as_array().unwrap().iter();
        keys.filter(|key| key["name"] == name).count()
    };
    assert_eq!((named("market"), named("")), (1, 1));
    assert!(!listed.to_string().contains("csk_"), "shown once");
    assert!(!listed.to_string().contains("hash"));
    let own = operator.get("/v1/admin/keys").await.json();
    assert_eq!(own["keys"][0]["scopes"], json!(["admin"]));

    let id = created["id"].as_str().unwrap();
    let revoke = format!("/v1/admin/keys/{id}");
    for _ in 0..2 {
        operator
            .delete(&revoke)
            .await
            .expect(StatusCode::NO_CONTENT);
    }
    app.client()
        .mint(key, "a@b.example")
        .await
        .expect_error(401, "invalid_api_key");
    let redeemed = app.client().redeem(&second, &token, None).await;
    redeemed.expect_error(401, "invalid_one_time_token");
    app.clock.advance(Duration::from_secs(60));
    app.service().poll_feed().await.unwrap();
    let expired = app.client().redeem(&second, &token, None).await;
    expired.expect_error(401, "invalid_api_key");

    for (body, code) in [
        (json!({ "scopes": [] }), "malformed"),
        (json!({ "scopes": ["admin"] }), "malformed"),
        (json!({ "scopes": ["mint", "all"] }), "malformed"),
        (json!({ "expires_in": 0 }), "malformed"),
        (json!({ "name": "x".repeat(65) }), "malformed"),
    ] {
        operator
            .post_json(path, &body)
            .await
            .expect_error(400, code);
    }
    let nobody = operator.post("/v1/admin/partners/nobody/keys").await;
    nobody.expect_error(404, "not_found");
    let nobody = operator
        .delete(&format!("/v1/admin/keys/{}", uuid::Uuid::nil()))
        .await;
    nobody.expect_error(404, "not_found");
}

#[tokio::test]
async fn a_partner_has_twenty_keys_that_live() {
    let (_app, operator) = start().await;
    let path = "/v1/admin/partners/default/keys";
    let mut first = None;
    for _ in 0..20 {
        let created = operator.post(path).await.expect(StatusCode::CREATED);
        first.get_or_insert(created.text_of("id"));
    }
    operator.post(path).await.expect_error(409, "too_many_keys");
    let revoke = format!("/v1/admin/keys/{}", first.unwrap());
    operator
        .delete(&revoke)
        .await
        .expect(StatusCode::NO_CONTENT);
    operator.post(path).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_user_is_found_locked_unlocked_and_deleted() {
    let (app, operator) = start().await;
    let (authentication, session) = app.client().signed_in().await;
    let found = operator.find("username:My_Username").await;
    assert_eq!(found[0]["status"], "active");
    let user = format!("/v1/admin/users/{}", uuid_of(&found[0]));
    assert_eq!(operator.get(&user).await.json(), found[0]);

    let device = authentication.text_of("token");
    for _ in 0..2 {
        let locked = operator.post(&format!("{user}/lock")).await;
        locked.expect(StatusCode::NO_CONTENT);
    }
    // This node knows before it answers.
    let verified = app.client().verify(&session).await;
    verified.expect_error(401, "invalid_session");
    let exchanged = app.client().exchange(&device).await;
    exchanged.expect_error(400, "account_unusable");
    assert_eq!(operator.get(&user).await.json()["status"], "locked");
    let unlocked = operator.post(&format!("{user}/unlock")).await;
    unlocked.expect(StatusCode::NO_CONTENT);
    let session = app.client().exchange(&device).await.text_of("token");

    operator.delete(&user).await.expect(StatusCode::NO_CONTENT);
    let verified = app.client().verify(&session).await;
    verified.expect_error(401, "invalid_session");
    assert_eq!(operator.find("username:my_username").await, json!([]));
    for answer in [
        operator.get(&user).await,
        operator.delete(&user).await,
        operator.post(&format!("{user}/lock")).await,
        operator.post(&format!("{user}/unlock")).await,
        operator.get(&format!("{user}/export")).await,
        operator.get(&format!("{user}/devices")).await,
        operator.get("/v1/admin/users/no-id").await,
    ] {
        answer.expect_error(404, "not_found");
    }
}

#[tokio::test]
async fn the_devices_of_a_user_are_listed_and_signed_out() {
    let (app, operator) = start().await;
    let (authentication, session) = app.client().signed_in().await;
    let (_, other) = app.client().signed_in().await;
    let id = uuid_of(&operator.find("username:my_username").await[0]);
    let devices = format!("/v1/admin/users/{id}/devices");
    let listed = operator.get(&devices).await.json();
    assert_eq!(listed["devices"].as_array().unwrap().len(), 2);
    let end = format!("{devices}/{}", authentication.text_of("device_id"));
    for _ in 0..2 {
        operator.delete(&end).await.expect(StatusCode::NO_CONTENT);
    }
    let ended = app.client().verify(&session).await;
    ended.expect_error(401, "invalid_session");
    assert_eq!(app.client().verify(&other).await.status, StatusCode::OK);
    let (stranger, _) = app.signed_in_by_sms("+44 123 1234 1234").await;
    let foreign = format!("{devices}/{}", stranger.text_of("device_id"));
    operator
        .delete(&foreign)
        .await
        .expect_error(404, "not_found");
    let none = format!("{devices}/no-id");
    operator.delete(&none).await.expect_error(404, "not_found");
}

/// R55: what is exported is all, and what stays after deletion names nobody.
#[tokio::test]
async fn erasure_leaves_a_pseudonymous_audit_alone() {
    let (app, operator) = start().await;
    let key = app.api_key("default", &[Scope::Mint, Scope::Redeem]).await;
    let minted = app.client().mint(&key, "erika@example.com").await;
    let token = minted.text_of("data");
    let signed_in = app.client().redeem(&key, &token, None).await;
    let id = signed_in.expect(StatusCode::OK).json()["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let user = format!("/v1/admin/users/{id}");
    let export = operator.get(&format!("{user}/export")).await;
    let export = export.expect(StatusCode::OK).json();
    assert_eq!(
        export["user"]["identities"][0]["value"],
        "erika@example.com"
    );
    assert_eq!(export["devices"].as_array().unwrap().len(), 1);
    operator.delete(&user).await.expect(StatusCode::NO_CONTENT);

    app.service().settle_audit().await.unwrap();
    // What ended the user's one-time tokens goes within hours, once the clock is trusted.
    for _ in 0..8 {
        app.advance(Duration::from_secs(61 * 60)).await;
        app.service().sweep().await.unwrap();
    }
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let columns = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
                   WHERE t.type = 'table'";
    let mut columns = database.prepare(columns).unwrap();
    let columns = columns
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let columns: Vec<(String, String)> = columns.map(Result::unwrap).collect();
    assert!(columns.len() > 50, "{columns:?}");
    for (table, column) in columns {
        let select = format!(
            "SELECT COUNT(*) FROM {table} WHERE instr(CAST({column} AS TEXT), 'erika') > 0"
        );
        let found: i64 = database.query_row(&select, [], |row| row.get(0)).unwrap();
        assert_eq!(found, 0, "{table}.{column}");
    }
    let entries: i64 = database
        .query_row(
            "SELECT COUNT(*) FROM audit WHERE user_id = ?1",
            [id.parse::<uuid::Uuid>().unwrap().as_bytes().as_slice()],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(entries, 3, "redeemed, exported, deleted");
    // Nor is it left in the file, where a row was.
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    for file in std::fs::read_dir(app.folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let found = bytes.windows(5).any(|part| part == b"erika");
        assert!(!found, "{}", path.display());
    }
}

#[tokio::test]
async fn a_search_says_what_is_wrong_with_it() {
    let (_app, operator) = start().await;
    for (query, code) in [
        ("", "invalid_parameter"),
        ("?identity=", "invalid_parameter"),
        ("?identity=ana@example.com", "invalid_parameter"),
        ("?identity=email:x", "invalid_parameter"),
        (
            "?identity=username:a&identity=username:b",
            "invalid_parameter",
        ),
        ("?identity=username:a&partner=nobody", "unknown_partner"),
        ("?identity=username:a&partner=No", "unknown_partner"),
    ] {
        let path = format!("/v1/admin/users{query}");
        operator.get(&path).await.expect_error(400, code);
    }
    assert_eq!(operator.find("email:a+b@c.example").await, json!([]));
}

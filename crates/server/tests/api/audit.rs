//! What is decided is in the audit, once; what nobody can be tied to is counted.

use std::ops::ControlFlow;
use std::time::Duration;

use countersign_domain::audit::{Addresses, Entry, Policy, Reason};
use countersign_domain::token::AuthenticationToken;
use countersign_domain::{Clock, Secret, SystemEntropy};
use countersign_service::ExchangeRequest;
use countersign_service::audit::Filter;
use countersign_testkit::{Answer, Client, TestApp, password_log_in};
use reqwest::{Method, StatusCode};
use serde_json::json;

const PHONE: &str = "+44 123 1234 1234";
const NORMALISED: &str = "+4412312341234";

/// Every entry, the oldest first, after all that waits was written.
pub(crate) async fn entries(app: &TestApp) -> Vec<Entry> {
    app.service().write_audit().await.unwrap();
    let mut entries = Vec::new();
    let each = |shown: countersign_service::audit::Shown| {
        assert!(shown.genuine);
        entries.push(shown.entry.unwrap());
        ControlFlow::Continue(())
    };
    let all = Filter::default();
    app.auditor().export(&all, each).await.unwrap();
    entries
}

/// What was decided, as `action outcome reason`.
async fn decisions(app: &TestApp) -> Vec<String> {
    let entries = entries(app).await;
    let decision = |entry: &Entry| {
        let reason = entry.reason.as_deref().unwrap_or("-");
        format!("{} {} {reason}", entry.action, entry.outcome)
    };
    entries.iter().map(decision).collect()
}

/// Entries in the database, as committed, whatever waits.
fn committed(app: &TestApp) -> i64 {
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let count = database.query_row("SELECT COUNT(*) FROM audit", [], |row| row.get(0));
    count.unwrap()
}

async fn log_in_with_pin(app: &TestApp) -> Answer {
    let mut body = password_log_in(TestApp::PASSWORD);
    body["pin"] = json!("1234");
    let answer = app.client().post("/v1/tokens", &body).await;
    answer.expect(StatusCode::CREATED)
}

async fn exchange(client: &Client, token: &str, pin: &str) -> Answer {
    let request = client.request(Method::POST, "/v1/sessions");
    let request = request.header("authorization", format!("Basic {token}"));
    client.send(request.json(&json!({ "pin": pin }))).await
}

#[tokio::test]
async fn each_decision_is_one_row() {
    let app = TestApp::start().await;
    let client = app.client();
    let (first, session) = client.signed_in().await;
    let (second, _) = client.signed_in().await;
    client.signed_in().await;
    client.verify(&session).await.expect(StatusCode::OK);
    let bearer = format!("Bearer {session}");
    let no_content = async |method: Method, path: &str, credential: &str| {
        let answer = client.with(method, path, credential).await;
        answer.expect(StatusCode::NO_CONTENT);
    };
    let device = format!("/v1/devices/{}", second.text_of("device_id"));
    no_content(Method::DELETE, &device, &bearer).await;
    app.advance(Duration::from_millis(1)).await;
    // A lost answer is asked for again; nothing more is decided.
    no_content(Method::DELETE, &device, &bearer).await;
    no_content(Method::POST, "/v1/sessions/revoke-all", &bearer).await;
    no_content(Method::DELETE, "/v1/sessions", &bearer).await;
    let path = format!("/v1/tokens/{}", first.text_of("id"));
    let basic = format!("Basic {}", first.text_of("token"));
    no_content(Method::DELETE, &path, &basic).await;
    no_content(Method::DELETE, &path, &basic).await;
    app.signed_in_by_sms(PHONE).await;
    app.rotate_keys().await;
    let expected = [
        "log_in done -",
        "log_in done -",
        "log_in done -",
        "sign_out_device done -",
        "sign_out_others done -",
        "end_session done -",
        "sign_out done -",
        "log_in done -",
        "sealing_keys_rotated done -",
    ];
    let mut decisions = decisions(&app).await;
    // Within a millisecond ids are in no order.
    decisions.sort();
    let mut sorted = expected.to_vec();
    sorted.sort_unstable();
    assert_eq!(decisions, sorted);
    for entry in entries(&app).await {
        let of_a_user = entry.user.is_some();
        let partner = entry.partner.as_deref();
        assert_eq!(partner, of_a_user.then_some("default"), "{}", entry.action);
    }
}

#[tokio::test]
async fn each_refusal_of_somebody_known_is_one_row_with_its_reason() {
    let app = TestApp::start().await;
    let client = app.client();
    let wrong = password_log_in("not the password");
    client.post("/v1/tokens", &wrong).await;
    let token = log_in_with_pin(&app).await.text_of("token");
    exchange(&client, &token, "4321")
        .await
        .expect_error(401, "invalid_pin");
    for _ in 0..4 {
        exchange(&client, &token, "4321").await;
    }
    exchange(&client, &token, "1234")
        .await
        .expect_error(401, "invalid_token");

    let other = log_in_with_pin(&app).await;
    let basic = format!("Basic {}", other.text_of("token"));
    let path = "/v1/tokens/0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d";
    client.with(Method::DELETE, path, &basic).await;
    app.advance(Duration::from_secs(31 * 24 * 60 * 60)).await;
    exchange(&client, &other.text_of("token"), "1234").await;

    let id = client.begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let not_it = if code == "000000" { "000001" } else { "000000" };
    client.answer(&id, not_it).await;
    client.answer(&id, &code).await.expect(StatusCode::OK);
    client.answer(&id, &code).await;

    let third = log_in_with_pin(&app).await.text_of("token");
    let operator = app.operator().await;
    operator.lock_user(&app.user_name()).await.unwrap();
    exchange(&client, &third, "1234")
        .await
        .expect_error(400, "account_unusable");
    client.log_in().await;

    let mut refused = decisions(&app).await;
    refused.retain(|decision| decision.contains(" refused "));
    refused.sort();
    let expected = [
        "exchange refused expired",
        "exchange refused pins_exhausted",
        "exchange refused revoked",
        "exchange refused user_locked",
        "exchange refused wrong_pin",
        "exchange refused wrong_pin",
        "exchange refused wrong_pin",
        "exchange refused wrong_pin",
        "log_in refused used",
        "log_in refused user_locked",
        "log_in refused wrong_code",
        "log_in refused wrong_password",
        "sign_out refused not_found",
    ];
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn garbage_costs_no_row_and_is_counted() {
    let app = TestApp::start().await;
    let client = app.client();
    let nobody = AuthenticationToken::generate(
        countersign_domain::id::AuthenticationId::NIL,
        &SystemEntropy::default(),
    );
    let mut unknown = password_log_in("not the password");
    unknown["identity"]["value"] = json!("nobody");
    let mut no_partner = password_log_in(TestApp::PASSWORD);
    no_partner["partner"] = json!("nobody");
    for _ in 0..3 {
        client.post("/v1/tokens", &unknown).await;
        client.exchange(nobody.expose()).await;
        client
            .with(Method::DELETE, "/v1/sessions", "Bearer x")
            .await;
        let id = "0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d";
        client.answer(id, "000000").await;
        client.post("/v1/tokens", &no_partner).await;
    }
    assert_eq!(decisions(&app).await, Vec::<String>::new());

    app.service().write_refusal_counts().await.unwrap();
    app.service().write_refusal_counts().await.unwrap();
    let counted = entries(&app).await;
    let mut counted: Vec<_> = counted
        .iter()
        .map(|entry| {
            assert_eq!(entry.action, "refusals_counted");
            assert_eq!(entry.actor, "server");
            let reason = entry.reason.as_deref().unwrap();
            format!("{} {reason}", entry.detail.as_deref().unwrap())
        })
        .collect();
    counted.sort();
    let expected = [
        "3 end_session invalid_session",
        "3 exchange unknown_token",
        "3 log_in unknown_challenge",
        "3 log_in unknown_partner",
        "3 log_in unknown_user",
    ];
    assert_eq!(counted, expected);
}

/// Else the time of an answer would tell whom we know, and so would the disk's right after.
#[tokio::test]
async fn a_refusal_of_somebody_known_writes_nothing_for_its_answer() {
    let app = TestApp::start().await;
    let client = app.client();
    let wrong = password_log_in("not the password");
    let refused = client.post("/v1/tokens", &wrong).await;
    refused.expect_error(401, "invalid_credentials");
    app.service().finish_all().await;
    assert_eq!(committed(&app), 0);
    app.service().write_audit().await.unwrap();
    assert_eq!(committed(&app), 1);
}

#[tokio::test]
async fn what_is_done_is_in_the_audit_when_it_is_answered() {
    let app = TestApp::start().await;
    app.client().log_in().await.expect(StatusCode::CREATED);
    assert_eq!(committed(&app), 1);
}

#[tokio::test]
async fn a_request_id_leads_to_why_it_was_refused() {
    let app = TestApp::start().await;
    let client = app.client();
    let refused = client
        .post("/v1/tokens", &password_log_in("not the password"))
        .await;
    client.log_in().await;
    app.service().write_audit().await.unwrap();
    let request = refused.text_of("request_id").parse().unwrap();
    let shown = app.auditor().show(request).await.unwrap();
    assert_eq!(shown.len(), 1);
    let entry = shown[0].entry.as_ref().unwrap();
    assert_eq!(
        entry.reason.as_deref(),
        Some(Reason::WrongPassword.as_str())
    );
    assert_eq!(entry.actor, "anyone");
    assert_eq!(entry.partner.as_deref(), Some("default"));
    let operator = app.operator().await;
    let user = operator.show_user(&app.user_name()).await.unwrap();
    assert_eq!(entry.user, Some(user.id));
    assert_eq!(entry.at, app.clock.now());
    assert_eq!(entry.address.as_deref(), Some("127.0.0.0/24"));
}

#[tokio::test]
async fn as_much_of_an_address_is_kept_as_is_set() {
    for (addresses, kept) in [
        (Addresses::Full, Some("127.0.0.1")),
        (Addresses::Truncated, Some("127.0.0.0/24")),
        (Addresses::None, None),
    ] {
        let mut app = TestApp::start().await;
        app.audit = Policy {
            addresses,
            ..app.audit
        };
        let node = app.another_node().await;
        Client::new(node.url.clone()).log_in().await;
        assert_eq!(entries(&app).await[0].address.as_deref(), kept);
    }
}

#[tokio::test]
async fn the_newest_are_listed_first_and_filtered() {
    let app = TestApp::start().await;
    let client = app.client();
    app.add_user("username:ana", None).await;
    let mut of_ana = password_log_in("not the password");
    of_ana["identity"]["value"] = json!("ana");
    for _ in 0..3 {
        client.log_in().await;
        app.advance(Duration::from_secs(1)).await;
        client.post("/v1/tokens", &of_ana).await;
        app.advance(Duration::from_secs(1)).await;
    }
    app.service().write_audit().await.unwrap();
    let operator = app.operator().await;
    let ana = operator
        .show_user(&TestApp::name_of("username:ana"))
        .await
        .unwrap();
    let list = async |filter: Filter, most: usize| {
        let mut listed = Vec::new();
        let each = |shown: countersign_service::audit::Shown| {
            listed.push(shown.entry.unwrap());
            ControlFlow::Continue(())
        };
        app.auditor().list(&filter, most, each).await.unwrap();
        assert!(listed.is_sorted_by_key(|entry| std::cmp::Reverse(entry.at)));
        listed
    };
    assert_eq!(list(Filter::default(), 100).await.len(), 7);
    assert_eq!(list(Filter::default(), 4).await.len(), 4);
    let user = Some(ana.id);
    let of_ana = list(
        Filter {
            user,
            outcome: Some("refused".to_owned()),
            ..Filter::default()
        },
        100,
    )
    .await;
    assert_eq!(of_ana.len(), 3);
    assert!(
        of_ana
            .iter()
            .all(|e| e.reason.as_deref() == Some("no_password"))
    );
    let outcome = Some("done".to_owned());
    let done = list(
        Filter {
            outcome,
            action: Some("log_in".to_owned()),
            ..Filter::default()
        },
        100,
    )
    .await;
    assert_eq!(done.len(), 3);
    let (newest, oldest) = (done[0].at, done[2].at);
    let span = |since, until| Filter {
        since,
        until,
        ..Filter::default()
    };
    assert_eq!(list(span(Some(newest), None), 100).await.len(), 2);
    assert_eq!(list(span(None, Some(newest)), 100).await.len(), 5);
    assert_eq!(list(span(Some(oldest), Some(newest)), 3).await.len(), 3);
    let action = Some("sign_out".to_owned());
    assert!(
        list(
            Filter {
                action,
                ..Filter::default()
            },
            9
        )
        .await
        .is_empty()
    );
    let partner = Some("other".parse().unwrap());
    assert!(
        list(
            Filter {
                partner,
                ..Filter::default()
            },
            9
        )
        .await
        .is_empty()
    );
}

/// A client that goes on with a dead token, or a stranger with a challenge, fills no disk.
#[tokio::test]
async fn beyond_a_bound_refusals_of_one_are_counted() {
    let app = TestApp::start().await;
    let client = app.client();
    let token = log_in_with_pin(&app).await.text_of("token");
    let id = client.begin(PHONE).await.text_of("id");
    for _ in 0..25 {
        client.answer(&id, "x").await;
    }
    app.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let request = || ExchangeRequest {
        token: AuthenticationToken::parse(&token).unwrap(),
        pin: Some(Secret::new("1234".to_owned())),
    };
    let caller = app.caller();
    for _ in 0..1003 {
        let refused = app.service().open_session(&caller, request()).await;
        assert!(refused.is_err());
    }
    let count = |entries: &[Entry], action: &str| {
        let of_it = |entry: &&Entry| entry.action == action && entry.outcome == "refused";
        entries.iter().filter(of_it).count()
    };
    let written = entries(&app).await;
    assert_eq!(count(&written, "exchange"), 1000);
    assert_eq!(count(&written, "log_in"), 20);
    app.service().write_refusal_counts().await.unwrap();
    let counted = entries(&app).await;
    let counts = counted.iter().filter(|e| e.action == "refusals_counted");
    let mut counts: Vec<_> = counts
        .map(|entry| (entry.detail.as_deref().unwrap(), entry.user.is_some()))
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [("3 exchange", true), ("5 log_in", false)]);
    // The next hour begins anew.
    app.service()
        .open_session(&caller, request())
        .await
        .unwrap_err();
    assert_eq!(count(&entries(&app).await, "exchange"), 1001);
}

/// Deleting a user leaves ids that lead nowhere.
#[tokio::test]
async fn no_entry_holds_an_identity_a_secret_or_a_user_agent() {
    let app = TestApp::start().await;
    let client = app.client();
    let (sms, session) = app.signed_in_by_sms(PHONE).await;
    let agent = |request: reqwest::RequestBuilder| request.header("user-agent", "canary/1.0");
    let pin = "918273645546";
    let mut body = password_log_in(TestApp::PASSWORD);
    body["pin"] = json!(pin);
    let request = client.request(Method::POST, "/v1/tokens").json(&body);
    let token = client.send(agent(request)).await.text_of("token");
    exchange(&client, &token, "819283746655").await;
    body["secret"] = json!("another canary");
    let request = client.request(Method::POST, "/v1/tokens").json(&body);
    client.send(agent(request)).await;
    let bearer = format!("Bearer {session}");
    client
        .with(Method::POST, "/v1/sessions/revoke-all", &bearer)
        .await
        .expect(StatusCode::NO_CONTENT);
    app.service().settle_audit().await.unwrap();
    let text: String = entries(&app)
        .await
        .iter()
        .map(|entry| format!("{entry:?}\n"))
        .collect();
    assert_eq!(text.lines().count(), 5, "{text}");
    let code = app.code_for(NORMALISED).await.unwrap();
    let sms_token = sms.text_of("token");
    for canary in [
        TestApp::USERNAME,
        TestApp::PASSWORD,
        NORMALISED,
        "12312341234",
        "canary",
        "iPhone",
        pin,
        "819283746655",
        &code,
        &token,
        &sms_token,
        &session,
        "127.0.0.1",
    ] {
        assert!(!text.contains(canary), "{canary} in {text}");
    }
}

#[tokio::test]
async fn refusals_that_could_not_be_written_are_written_later() {
    let app = TestApp::start().await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let wrong = password_log_in("not the password");
    app.client().post("/v1/tokens", &wrong).await;
    database
        .execute_batch("ALTER TABLE audit RENAME TO away")
        .unwrap();
    app.service().write_audit().await.unwrap_err();
    app.client()
        .post("/v1/tokens", &wrong)
        .await
        .expect_error(401, "invalid_credentials");
    database
        .execute_batch("ALTER TABLE away RENAME TO audit")
        .unwrap();
    assert_eq!(entries(&app).await.len(), 2);
    app.service().write_audit().await.unwrap();
    assert_eq!(committed(&app), 2);
}

/// While the database is away, say.
#[tokio::test]
async fn more_refusals_than_can_wait_are_counted() {
    let app = TestApp::start().await;
    let mut tokens = Vec::new();
    for number in 0..11 {
        let phone = format!("+44 123 1234 12{number:02}");
        let (authentication, _) = app.signed_in_by_sms(&phone).await;
        tokens.push(authentication.text_of("token"));
    }
    let before = committed(&app);
    app.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let caller = app.caller();
    for token in tokens {
        for _ in 0..1000 {
            let token = AuthenticationToken::parse(&token).unwrap();
            let request = ExchangeRequest { token, pin: None };
            app.service()
                .open_session(&caller, request)
                .await
                .unwrap_err();
        }
    }
    app.service().settle_audit().await.unwrap();
    let entries = entries(&app).await;
    assert_eq!(entries.len() as i64, before + 10_000 + 1);
    let counted = entries.iter().find(|e| e.action == "refusals_counted");
    assert_eq!(counted.unwrap().detail.as_deref(), Some("1000 exchange"));
    let report = app.auditor().verify(None).await.unwrap();
    assert_eq!((report.findings.len(), report.unsealed), (0, 0));
    assert!(report.seals >= 50, "{report:?}");
}

#[tokio::test]
async fn who_writes_refusals_at_once_loses_none() {
    let app = TestApp::start().await;
    let token = log_in_with_pin(&app).await.text_of("token");
    let caller = app.caller();
    for _ in 0..900 {
        let token = AuthenticationToken::parse(&token).unwrap();
        let request = ExchangeRequest { token, pin: None };
        let opened = app.service().open_session(&caller, request).await;
        assert!(opened.is_ok(), "no PIN is required");
    }
    app.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    for _ in 0..900 {
        let token = AuthenticationToken::parse(&token).unwrap();
        let request = ExchangeRequest { token, pin: None };
        app.service()
            .open_session(&caller, request)
            .await
            .unwrap_err();
    }
    let write = || async { app.service().write_audit().await.unwrap() };
    tokio::join!(write(), write(), write(), write());
    assert_eq!(
        committed(&app),
        1 + 900,
        "and none of the exchanges that succeeded"
    );
}

/// A commit whose answer never came may have happened.
#[tokio::test]
async fn refusals_written_though_nobody_heard_of_it_are_not_written_twice() {
    let app = TestApp::start().await;
    let wrong = password_log_in("not the password");
    app.client().post("/v1/tokens", &wrong).await;
    crate::races::leave(app.service().write_audit());
    app.service().finish_all().await;
    assert_eq!(committed(&app), 1);
    app.client().post("/v1/tokens", &wrong).await;
    app.service().write_audit().await.unwrap();
    assert_eq!(committed(&app), 2);
}

//! Messages are written with what awaits them, tried until they are of no use, and gone then.

use std::time::Duration;

use countersign_domain::audit::Entry;
use countersign_domain::id::UserId;
use countersign_domain::partner::{PartnerSettings, SignUp};
use countersign_testkit::{Mood, TestApp};
use reqwest::{Method, StatusCode};
use rusqlite::types::Value;

use crate::audit::entries;

const PHONE: &str = "+44 123 1234 1234";
const NORMALISED: &str = "+4412312341234";

/// A code's life.
const LIFE: Duration = Duration::from_secs(300);

pub(crate) fn database(app: &TestApp) -> rusqlite::Connection {
    rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap()
}

/// How many rows there are.
pub(crate) fn rows(app: &TestApp, table: &str) -> i64 {
    let select = format!("SELECT COUNT(*) FROM {table}");
    let count = database(app).query_row(&select, [], |row| row.get(0));
    count.unwrap()
}

async fn send_again(app: &TestApp, id: &str) -> StatusCode {
    let path = format!("/v1/tokens/{id}/code");
    let client = app.client();
    let again = client.send(client.request(Method::POST, &path)).await;
    again.status
}

/// What the audit holds of deliveries.
async fn deliveries(app: &TestApp) -> Vec<Entry> {
    let all = entries(app).await.into_iter();
    all.filter(|entry| entry.action == "deliver").collect()
}

/// Has the database do this before or after something, past the store.
fn trigger(app: &TestApp, name: &str, when: &str, does: &str) {
    let sql = format!("CREATE TRIGGER {name} {when} BEGIN {does}; END");
    database(app).execute_batch(&sql).unwrap();
}

#[tokio::test]
async fn a_challenge_and_its_message_are_written_together_or_not_at_all() {
    let app = TestApp::start().await;
    for table in ["messages", "challenge_codes"] {
        let when = format!("BEFORE INSERT ON {table}");
        trigger(&app, "refuse", &when, "SELECT RAISE(ABORT, 'no')");
        let begun = app.client().begin(PHONE).await;
        assert_eq!(begun.status, StatusCode::SERVICE_UNAVAILABLE);
        for table in ["messages", "challenges", "challenge_codes"] {
            assert_eq!(rows(&app, table), 0, "{table}");
        }
        database(&app).execute_batch("DROP TRIGGER refuse").unwrap();
    }
    let begun = app.client().begin(PHONE).await.expect(StatusCode::CREATED);
    // Of many who ask at once one sends, and its message is the only one.
    app.advance(Duration::from_secs(60)).await;
    let id = begun.text_of("id");
    let asked = (0..16).map(|_| send_again(&app, &id));
    let mut sent = 0;
    for status in futures_util::future::join_all(asked).await {
        sent += i64::from(status == StatusCode::ACCEPTED);
    }
    assert_eq!(sent, 1);
    assert_eq!(rows(&app, "challenge_codes"), 2);
    assert_eq!(rows(&app, "messages"), 2);
}

#[tokio::test]
async fn what_is_not_taken_now_is_tried_again_later_and_no_sooner() {
    let app = TestApp::start().await;
    app.gate.set(Mood::Later);
    let id = app.client().begin(PHONE).await.text_of("id");
    let deliver = async |tries: usize| {
        app.service().deliver().await.unwrap();
        assert_eq!(app.gate.tries().len(), tries);
    };
    deliver(1).await;
    // The waits are drawn from the upper half of 2 s, then of 4 s.
    app.clock.advance(Duration::from_millis(999));
    deliver(1).await;
    app.clock.advance(Duration::from_millis(1001));
    deliver(2).await;
    app.clock.advance(Duration::from_millis(1999));
    deliver(2).await;
    app.clock.advance(Duration::from_millis(2001));
    app.gate.set(Mood::Open);
    let code = app.code_for(NORMALISED).await.unwrap();
    let tries = app.gate.tries();
    assert!(
        tries.len() == 3 && tries.iter().all(|id| *id == tries[0]),
        "one id"
    );
    assert_eq!(rows(&app, "messages"), 0);
    let answered = app.client().answer(&id, &code).await;
    answered.expect(StatusCode::OK);
    assert!(deliveries(&app).await.is_empty());
}

#[tokio::test]
async fn a_message_is_given_up_when_its_code_has_expired_and_the_audit_says_so() {
    let app = TestApp::start().await;
    app.add_user(&format!("phone:{PHONE}"), None).await;
    app.gate.set(Mood::Later);
    let id = app.client().begin(PHONE).await.text_of("id");
    for _ in 0..10 {
        app.service().deliver().await.unwrap();
        app.clock.advance(Duration::from_secs(30));
    }
    app.gate.set(Mood::Open);
    app.service().deliver().await.unwrap();
    let tries = app.gate.tries().len();
    assert!((5..=10).contains(&tries), "{tries}");
    assert!(
        app.service()
            .delivery()
            .outbox()
            .unwrap()
            .messages()
            .is_empty()
    );
    assert_eq!(rows(&app, "messages"), 0);

    let written = deliveries(&app).await;
    let [entry] = &written[..] else {
        panic!("{written:?}");
    };
    assert_eq!(entry.reason.as_deref(), Some("delivery_too_late"));
    assert_eq!(entry.actor, "server");
    let user = select(&app, "SELECT user_id FROM identities WHERE type = 'phone'");
    let user = match &user[0][0] {
        Value::Blob(bytes) => UserId::from_bytes(bytes[..].try_into().unwrap()),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        entry.user.map(|user| user.to_string()),
        Some(user.to_string())
    );
    let told = format!("{entry:?}");
    assert!(told.contains("challenge") && told.contains(&id), "{told}");
    // What was wrong last, or that it waited for too long after that.
    assert!(told.contains("sms, attempt"), "{told}");
    assert!(!told.contains("44123"), "{told}");
}

#[tokio::test]
async fn what_waited_for_too_long_is_never_sent() {
    let app = TestApp::start().await;
    app.client().begin(PHONE).await;
    app.clock.advance(LIFE);
    app.service().deliver().await.unwrap();
    assert!(app.gate.tries().is_empty());
    assert_eq!(rows(&app, "messages"), 0);
    let written = deliveries(&app).await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].reason.as_deref(), Some("delivery_too_late"));
}

/// What hangs is cut off: at the latest when its code expires.
#[tokio::test]
async fn an_attempt_comes_to_an_end_though_the_provider_does_not() {
    let app = TestApp::start().await;
    app.gate.set(Mood::Held);
    app.client().begin(PHONE).await;
    app.clock.advance(LIFE - Duration::from_millis(1));
    app.service().deliver().await.unwrap();
    assert_eq!(app.gate.tries().len(), 1);
    assert_eq!(rows(&app, "messages"), 0);
    let written = deliveries(&app).await;
    let detail = written[0].detail.as_deref().unwrap();
    assert_eq!(detail, "sms, attempt 1: it took too long");
}

#[tokio::test]
async fn what_is_refused_for_good_is_tried_once_and_the_audit_says_why() {
    let app = TestApp::start().await;
    app.gate.set(Mood::Never);
    app.client().begin(PHONE).await.expect(StatusCode::CREATED);
    app.service().deliver().await.unwrap();
    app.clock.advance(Duration::from_secs(60));
    app.service().deliver().await.unwrap();
    assert_eq!(app.gate.tries().len(), 1);
    assert_eq!(rows(&app, "messages"), 0);
    let written = deliveries(&app).await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].reason.as_deref(), Some("delivery_refused"));
    let detail = written[0].detail.as_deref().unwrap();
    assert_eq!(detail, "sms, attempt 1: the gate is shut for good");
}

#[tokio::test]
async fn a_message_that_does_not_open_is_given_up_and_holds_nobody_up() {
    let app = TestApp::start().await;
    app.add_partner("northstar").await;
    for change in [
        "partner = 'northstar'",
        "expires_at = expires_at + 1",
        "sealed = x'00'",
    ] {
        let id = app.client().begin(PHONE).await.text_of("id");
        let sql = format!("UPDATE messages SET {change}");
        database(&app).execute_batch(&sql).unwrap();
        app.service().deliver().await.unwrap();
        assert_eq!(rows(&app, "messages"), 0, "{change} of {id}");
    }
    assert!(app.gate.tries().is_empty());
    // Whom they were about nobody can tell, so they are counted.
    app.service().write_refusal_counts().await.unwrap();
    let all = entries(&app).await;
    let counted = all.iter().find(|entry| entry.action == "refusals_counted");
    let counted = counted.unwrap();
    assert_eq!(counted.reason.as_deref(), Some("message_unreadable"));
    assert_eq!(counted.detail.as_deref(), Some("3 deliver"));

    app.client().begin(PHONE).await;
    let damage = "UPDATE messages SET partner = 'No Slug'";
    database(&app).execute_batch(damage).unwrap();
    app.client().begin("+44 123 1234 7777").await;
    assert!(app.code_for("+4412312347777").await.is_some());
    assert_eq!(rows(&app, "messages"), 1, "to be swept");
}

#[tokio::test]
async fn keys_may_change_while_a_message_waits() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    app.client().begin(PHONE).await;
    // A day of rotations: the other node has heard of none of them.
    for _ in 0..3 {
        app.advance(Duration::from_secs(10)).await;
        app.rotate_keys().await;
    }
    app.advance(Duration::from_secs(10)).await;
    app.client().begin("+44 123 1234 7777").await;
    other.service.deliver().await.unwrap();
    let outbox = other.service.delivery().outbox().unwrap();
    let mut to: Vec<_> = outbox
        .messages()
        .iter()
        .map(|m| m.to.value().to_owned())
        .collect();
    to.sort();
    assert_eq!(to, [NORMALISED, "+4412312347777"]);
}

/// All rows of a query, for comparing.
fn select(app: &TestApp, sql: &str) -> Vec<Vec<Value>> {
    let database = database(app);
    let mut prepared = database.prepare(sql).unwrap();
    let columns = prepared.column_count();
    let rows = prepared.query_map([], |row| (0..columns).map(|n| row.get(n)).collect());
    rows.unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_message_that_nobody_awaits_is_handled_like_any_other() {
    let settings = PartnerSettings {
        sign_up: SignUp::Closed,
        ..PartnerSettings::default()
    };
    let app = TestApp::with(settings).await;
    let phones = ["+44 20 7946 0001", "+44 20 7946 0002", "+44 20 7946 0003"];
    for phone in &phones[..2] {
        app.add_user(&format!("phone:{phone}"), None).await;
    }
    let locked = TestApp::name_of(&format!("phone:{}", phones[1]));
    app.operator().await.lock_user(&locked).await.unwrap();

    let mut seen = Vec::new();
    for phone in phones {
        let service = app.service();
        let before = service.store_work();
        let id = app.client().begin(phone).await.text_of("id");
        let begun = service.store_work().since(before);
        app.advance(Duration::from_secs(60)).await;
        let before = service.store_work();
        assert_eq!(send_again(&app, &id).await, StatusCode::ACCEPTED);
        let sent = service.store_work().since(before);
        let sizes = select(
            &app,
            "SELECT length(sealed), attempts, typeof(due_at), partner, channel, key FROM messages",
        );
        let before = service.store_work();
        service.deliver().await.unwrap();
        let delivered = service.store_work().since(before);
        assert_eq!(rows(&app, "messages"), 0);
        seen.push((begun, sent, sizes, delivered));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
    assert_eq!(app.gate.tries().len(), 2, "of who is known and not locked");
    assert!(deliveries(&app).await.is_empty());
}

#[tokio::test]
async fn what_nobody_delivers_is_swept() {
    let app = TestApp::start().await;
    app.advance(Duration::from_secs(2 * 60 * 60)).await;
    app.client().begin(PHONE).await;
    app.advance(LIFE + Duration::from_secs(600)).await;
    app.service().sweep().await.unwrap();
    assert_eq!(
        rows(&app, "messages"),
        1,
        "somebody may still say that it is too late"
    );
    app.advance(Duration::from_secs(1)).await;
    app.service().sweep().await.unwrap();
    assert_eq!(rows(&app, "messages"), 0);
}

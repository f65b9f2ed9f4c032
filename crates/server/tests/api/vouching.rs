//! What the tests of partners share.

use std::future::Future;

use std::ops::ControlFlow;

use countersign_domain::api_key::Scope;
use countersign_domain::audit::Entry;
use countersign_domain::partner::Slug;
use countersign_service::audit::Filter;
use countersign_service::operator::WhichUser;
use countersign_testkit::{Answer, Client, TestApp};
use http::StatusCode;
use serde_json::{Value, json};

/// All that a partner's key can have.
pub(crate) const ALL: [Scope; 5] = [
    Scope::Mint,
    Scope::Links,
    Scope::Redeem,
    Scope::Revoke,
    Scope::Introspect,
];

/// A refusal of whatever is not the one-time token asked for.
pub(crate) const REFUSED: &str = "invalid_one_time_token";

/// An application, and a key of its default partner with every scope.
pub(crate) async fn start() -> (TestApp, String) {
    let app = TestApp::start().await;
    let key = app.api_key("default", &ALL).await;
    app.service().poll_feed().await.unwrap();
    (app, key)
}

/// Changes what a partner sets itself; the first node has heard of it then.
pub(crate) async fn set(app: &TestApp, partner: &str, patch: Value) {
    let slug: Slug = partner.parse().unwrap();
    let operator = app.operator().await;
    operator.set_partner(&slug, &patch).await.unwrap();
    app.service().poll_feed().await.unwrap();
}

/// A token for the user whom the partner names so.
pub(crate) async fn vouch(client: &Client, key: &str, user: &Value) -> String {
    let minted = client.post_as(key, "/v1/auth/oneTimeToken", user).await;
    minted.expect(StatusCode::OK).text_of("data")
}

/// A token for who has this e-mail address.
pub(crate) async fn vouch_for(client: &Client, key: &str, email: &str) -> String {
    vouch(client, key, &json!({ "email": email })).await
}

/// Signs in whom the partner names so.
pub(crate) async fn sign_in(client: &Client, key: &str, user: &Value) -> Value {
    let token = vouch(client, key, user).await;
    let signed_in = client.redeem(key, &token, None).await;
    signed_in.expect(StatusCode::OK).json()
}

/// A text in an answer, by its path.
pub(crate) fn text<'a>(json: &'a Value, path: &str) -> &'a str {
    let found = json.pointer(path).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text {path} in {json}"))
}

/// Does all of it at once.
pub(crate) async fn at_once<T: Send + 'static>(
    work: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    let mut done = Vec::with_capacity(tasks.len());
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

/// How many of the answers have this status.
pub(crate) fn count(answers: &[Answer], status: StatusCode) -> usize {
    let having = answers.iter().filter(|answer| answer.status == status);
    having.count()
}

/// The user of a partner with this identity.
pub(crate) fn who(partner: &str, identity: &str) -> WhichUser {
    WhichUser::Identity(partner.parse().unwrap(), identity.parse().unwrap())
}

/// What the audit holds of an action once all is written, the oldest first. Every entry is
/// genuine.
pub(crate) async fn audit_of(app: &TestApp, action: &str) -> Vec<Entry> {
    app.service().settle_audit().await.unwrap();
    let filter = Filter {
        action: Some(action.to_owned()),
        ..Filter::default()
    };
    let mut entries = Vec::new();
    let auditor = app.auditor();
    let listed = auditor.list(&filter, 10_000, |shown| {
        assert!(shown.genuine);
        entries.push(shown.entry.unwrap());
        ControlFlow::Continue(())
    });
    listed.await.unwrap();
    entries.reverse();
    entries
}

/// A number that the database holds.
pub(crate) fn number(app: &TestApp, select: &str) -> i64 {
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    database.query_row(select, [], |row| row.get(0)).unwrap()
}

//! Connections are kept, and shared.

use countersign_client::Client;
use countersign_testkit::TestApp;
use futures_util::future::join_all;

use crate::wire::Listener;

#[tokio::test]
async fn questions_one_after_another_take_one_connection() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let before = Listener::before(&app.node().url).await;
    let client = Client::new(&before.url).unwrap();
    for nth in 0..100 {
        // Clones are the same client; and an answer that refuses is read to its end too.
        let clone = client.clone();
        clone.verify(&token).await.unwrap();
        clone.verify(&format!("junk{nth}")).await.unwrap_err();
    }
    assert_eq!(before.connections(), 1);
}

#[tokio::test]
async fn questions_at_once_share_the_connections_of_those_before() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let before = Listener::before(&app.node().url).await;
    let client = Client::new(&before.url).unwrap();
    for _ in 0..5 {
        let all = join_all((0..64).map(|_| client.verify(&token))).await;
        assert!(all.iter().all(Result::is_ok));
    }
    let connections = before.connections();
    assert!(connections <= 64, "{connections}");
}

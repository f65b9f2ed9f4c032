//! Secrets stay where they are.

use countersign_client::Client;
use countersign_testkit::Log;

use crate::application::Application;
use crate::wire::{Listener, answer};

#[tokio::test]
async fn tokens_are_in_no_log_and_in_no_error() {
    let log = Log::default();
    let writer = log.clone();
    // For the whole process: what other tests log is here as well.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let token = "css_canary";
    for listener in [
        Listener::answering(answer("500 Internal Server Error", "")).await,
        Listener::answering("junk\r\n").await,
        Listener::answering(answer(
            "401 Unauthorized",
            r#"{"error_code":"invalid_session"}"#,
        ))
        .await,
    ] {
        let client = Client::new(&listener.url).unwrap();
        let error = client.verify(token).await.unwrap_err();
        assert!(!format!("{error} {error:?} {client:?}").contains("canary"));
        let application = Application::asking(&client).await;
        application.get_with("/sell/2738", token).await;
    }
    // What is missing is said as well.
    let client = Client::new("http://127.0.0.1:1").unwrap();
    let application = Application::asking(&client).await;
    application.get("/no-layer", &[]).await;
    application.get("/no-layer-if-any", &[]).await;

    let text = log.text();
    for layer in ["require", "recognise"] {
        let missing = format!("put `.layer(client.{layer}())` around its route");
        assert!(text.contains(&missing), "{text}");
    }
    assert!(
        text.contains("Countersign answered with status 500"),
        "{text}"
    );
    assert!(!text.contains("canary"), "{text}");
}

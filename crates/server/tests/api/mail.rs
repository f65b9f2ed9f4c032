//! Codes by mail, from the log-in to a real mail server and back.

use std::time::Duration;

use countersign_service::delivery::writing::Writer;
use countersign_service::delivery::{Delivery, Providers};
use countersign_testkit::{Client, MailServer, TestApp, TestNode};
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn app(server: &MailServer) -> (TestApp, TestNode) {
    let mut app = TestApp::start().await;
    app.delivery = Some(Delivery::Providers(Providers {
        writer: Writer::load(None, None).unwrap(),
        mail: Some(server.mailer()),
        sms: None,
    }));
    let node = app.another_node().await;
    (app, node)
}

fn begin(address: &str) -> Value {
    let identity = json!({ "type": "email", "value": address });
    json!({ "identity": identity, "authenticator": "email", "locale": "es" })
}

/// The six digits that stand alone on a line of the mail's text.
fn code(mail: &Value) -> String {
    let text = mail["parts"][0]["text"].as_str().unwrap();
    let digits = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    text.lines().map(str::trim).find(digits).unwrap().to_owned()
}

#[tokio::test]
async fn a_code_comes_by_mail_and_logs_in() {
    let mut server = MailServer::start("accept");
    let (_app, node) = app(&server).await;
    let client = Client::new(node.url.clone());
    let begun = client.post("/v1/tokens", &begin("ana@example.com")).await;
    let id = begun.expect(StatusCode::CREATED).text_of("id");
    node.service.deliver().await.unwrap();
    let mail = next_mail(&mut server);
    assert_eq!(mail["recipients"], json!(["ana@example.com"]));
    let answered = client.answer(&id, &code(&mail)).await;
    answered.expect(StatusCode::OK);
}

/// A server that does not know a sender yet says so once: the queue comes back.
#[tokio::test]
async fn a_greylisted_code_comes_on_the_second_try() {
    let mut server = MailServer::start("greylist");
    let (app, node) = app(&server).await;
    let client = Client::new(node.url.clone());
    let begun = client.post("/v1/tokens", &begin("ana@example.com")).await;
    let id = begun.expect(StatusCode::CREATED).text_of("id");
    node.service.deliver().await.unwrap();
    app.clock.advance(Duration::from_secs(60));
    node.service.deliver().await.unwrap();
    let answered = client.answer(&id, &code(&next_mail(&mut server))).await;
    answered.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_refused_address_is_given_up_and_the_audit_says_so() {
    let server = MailServer::start("refuse");
    let (app, node) = app(&server).await;
    let client = Client::new(node.url.clone());
    let begun = client.post("/v1/tokens", &begin("ana@example.com")).await;
    begun.expect(StatusCode::CREATED);
    node.service.deliver().await.unwrap();
    node.service.settle_audit().await.unwrap();
    let entries = crate::audit::entries(&app).await;
    let told = entries.iter().find(|entry| entry.action == "deliver");
    let told = told.unwrap();
    assert_eq!(told.reason.as_deref(), Some("delivery_refused"));
    let detail = told.detail.as_deref().unwrap();
    assert!(
        detail.contains("550") && !detail.contains("ana@"),
        "{detail}"
    );
}

/// Three nodes and one queue: each code arrives once, whoever took it.
#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_mail_each_code_once() {
    const CODES: usize = 30;
    let mut server = MailServer::start("accept");
    let (app, node) = app(&server).await;
    let nodes = [node, app.another_node().await, app.another_node().await];
    for number in 0..CODES {
        let client = Client::new(nodes[number % 3].url.clone());
        let begun = client
            .post("/v1/tokens", &begin(&format!("u{number}@example.com")))
            .await;
        begun.expect(StatusCode::CREATED);
    }
    let [one, two, three] = nodes.each_ref().map(|node| node.service.deliver());
    tokio::try_join!(one, two, three).unwrap();
    let mut to: Vec<_> = (0..CODES).map(|_| recipient(&mut server)).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), CODES);

    // Nor does any come again later: the next that comes is the next that is written.
    app.clock.advance(Duration::from_secs(60));
    let client = Client::new(nodes[0].url.clone());
    let begun = client.post("/v1/tokens", &begin("last@example.com")).await;
    begun.expect(StatusCode::CREATED);
    for node in &nodes {
        node.service.deliver().await.unwrap();
    }
    assert_eq!(recipient(&mut server), "last@example.com");
}

/// To whom the next mail is.
fn recipient(server: &mut MailServer) -> String {
    next_mail(server)["recipients"][0]
        .as_str()
        .unwrap()
        .to_owned()
}

fn next_mail(server: &mut MailServer) -> Value {
    let mut events = std::iter::repeat_with(|| server.event());
    events.find(|event| event["event"] == "mail").unwrap()
}

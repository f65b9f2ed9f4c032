//! SMS by a webhook, from the configuration file to what `sms show` says of it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use axum::Router;
use axum::extract::State;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Sender, channel};

use crate::server::{MASTER_KEY, Server, run_in_earnest};

const PAGE: &str = "https://entradas.mercado.example/auth";

/// Serves this on loopback: where.
async fn serve(router: Router) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
    url
}

fn earnest(folder: &Path, arguments: &[&str]) -> String {
    let output = run_in_earnest(folder, arguments, "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with this configuration, and a partner in Great Britain.
fn configured(toml: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.toml");
    std::fs::write(&file, toml).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(folder.path().join("prices.csv"), "prefix,price\n44,0.04\n").unwrap();
    earnest(folder.path(), &["migrate"]);
    let pages = format!("public_urls={PAGE}");
    let set = [
        "partner",
        "set",
        "default",
        "country=GB",
        "sign_up=open",
        &pages,
    ];
    earnest(folder.path(), &set);
    folder
}

fn by_sms(number: &str) -> Value {
    let identity = json!({ "type": "phone", "value": number });
    json!({ "identity": identity, "authenticator": "sms" })
}

/// Logs in with the code of this SMS, which ends with the line that browsers read.
async fn log_in(server: &Server, begun: &Value, body: &str) {
    let code: String = body.chars().take(6).collect();
    let last = format!("\n\n@entradas.mercado.example #{code}");
    assert!(body.ends_with(&last), "{body}");
    let answer = format!("/v1/tokens/{}/secret", begun["id"].as_str().unwrap());
    let (status, answered) = server.post(&answer, &json!({ "secret": code })).await;
    assert_eq!(status, 200, "{answered}");
}

async fn take(State(taken): State<Sender<Value>>, body: String) {
    let message = serde_json::from_str(&body).unwrap();
    taken.send(message).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_by_the_webhook_at_its_price() {
    let (sender, mut taken) = channel(8);
    let url = serve(Router::new().fallback(take).with_state(sender)).await;
    let folder = configured(&format!(
        "[sms]\nprice = '0.08'\nprices = 'prices.csv'\ncurrency = 'GBP'\n[sms.webhook]\n\
         url = '{url}/send'\nallow_private = true\n\
         secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='\n"
    ));
    let server = Server::start_in_earnest_in(folder, MASTER_KEY);

    let (status, refused) = server.post("/v1/tokens", &by_sms("+34612000001")).await;
    assert_eq!(
        (status, &refused["error_code"]),
        (400, &json!("country_not_allowed"))
    );
    let (status, begun) = server.post("/v1/tokens", &by_sms("+447400000001")).await;
    assert_eq!(status, 201, "{begun}");
    let message = taken.recv().await.unwrap();
    assert_eq!(message["data"]["to"], "+447400000001");
    log_in(&server, &begun, message["data"]["body"].as_str().unwrap()).await;

    let shown = earnest(server.folder(), &["sms", "show", "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["currency"], "GBP");
    let partner = &shown["partners"][0];
    assert_eq!(partner["daily_budget"], "50.00");
    for spent in partner["spent"].as_array().unwrap() {
        assert_eq!(
            (&spent["cost"], &spent["sent"]),
            (&json!("0.04"), &json!(1))
        );
    }
    assert_eq!(partner["spent"].as_array().unwrap().len(), 2, "GB and all");
    let text = earnest(server.folder(), &["sms", "show"]);
    assert!(
        text.contains("COST GBP") && text.contains("No breaker was ever open."),
        "{text}"
    );
    let reset = earnest(server.folder(), &["sms", "reset"]);
    assert_eq!(reset, "No breaker was open.\n");
}

//! SMS, from the configuration file by the provider's API to what `sms show` and the audit say.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::server::{MASTER_KEY, Server, countersign, run_in_earnest};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const API_KEY: &str = "SK0123456789abcdef0123456789abcdef";
const SECRET: &str = "hunter2hunter2";
const PAGE: &str = "https://entradas.mercado.example/auth";
/// A number that takes no SMS.
const LANDLINE: &str = "+447400000002";

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

/// A form that was posted to Twilio.
type Form = Vec<(String, String)>;

/// Takes messages as Twilio's documentation says: `Messages.json` of the account, for who
/// knows the API key's secret, with a form; the message's resource or an error comes back.
async fn twilio(
    State(taken): State<Sender<Form>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let error = |status: StatusCode, code: u32| {
        let body = json!({ "code": code, "message": "No.", "status": status.as_u16() });
        (status, body.to_string()).into_response()
    };
    let right = STANDARD.encode(format!("{API_KEY}:{SECRET}"));
    let right = format!("Basic {right}");
    if headers[AUTHORIZATION] != right {
        return error(StatusCode::UNAUTHORIZED, 20_003);
    }
    if uri.path() != format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
        || headers[CONTENT_TYPE] != "application/x-www-form-urlencoded"
    {
        return error(StatusCode::NOT_FOUND, 20_404);
    }
    let form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
    let to = of(&form, "To").to_owned();
    taken.send(form).await.unwrap();
    if to == LANDLINE {
        return error(StatusCode::BAD_REQUEST, 21_614);
    }
    let message = json!({
        "account_sid": ACCOUNT, "error_code": null, "num_segments": "1",
        "sid": "SM0123456789abcdef0123456789abcdef", "status": "queued", "to": to,
    });
    (StatusCode::CREATED, message.to_string()).into_response()
}

fn of<'a>(form: &'a Form, name: &str) -> &'a str {
    let field = form.iter().find(|(there, _)| there == name);
    field.map_or("", |(_, value)| value)
}

fn by_twilio(base_url: &str) -> TempDir {
    configured(&format!(
        "[sms]\nprice = '0.04'\n[sms.twilio]\nbase_url = '{base_url}'\n\
         account_sid = '{ACCOUNT}'\napi_key_sid = '{API_KEY}'\nsecret = '{SECRET}'\n\
         from = '+15005550006'\n"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_by_twilio_and_what_it_refuses_is_in_the_audit() {
    let (sender, mut taken): (_, Receiver<Form>) = channel(8);
    let url = serve(Router::new().fallback(twilio).with_state(sender)).await;
    let mut server = Server::start_in_earnest_in(by_twilio(&url), MASTER_KEY);

    let (status, begun) = server.post("/v1/tokens", &by_sms("+447400000001")).await;
    assert_eq!(status, 201, "{begun}");
    let form = taken.recv().await.unwrap();
    assert_eq!(of(&form, "To"), "+447400000001");
    assert_eq!(of(&form, "From"), "+15005550006");
    let validity: u32 = of(&form, "ValidityPeriod").parse().unwrap();
    assert!((1..=300).contains(&validity), "{validity}");
    log_in(&server, &begun, of(&form, "Body")).await;

    let (status, begun) = server.post("/v1/tokens", &by_sms(LANDLINE)).await;
    assert_eq!(status, 201, "nobody is told who takes SMS: {begun}");
    assert_eq!(of(&taken.recv().await.unwrap(), "To"), LANDLINE);
    assert!(server.terminate().success());
    let listed = earnest(server.folder(), &["audit", "list", "--refused"]);
    assert!(
        listed.contains("delivery_refused")
            && listed.contains("sms, attempt 1: twilio: error 21614, status 400"),
        "{listed}"
    );
    assert!(taken.try_recv().is_err(), "it is asked once");
}

#[test]
fn twilio_is_asked_without_tls_on_this_machine_alone() {
    let folder = by_twilio("http://twilio.example");
    // Should it be taken, there is nowhere to listen, and the test ends.
    let mut serve = countersign(folder.path(), &["serve", "--listen", "203.0.113.1:1"]);
    serve.env("COUNTERSIGN_MASTER_KEY", MASTER_KEY);
    let output = serve.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{said}");
    for part in ["sms.twilio.base_url", "https://", "127.0.0.1"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

//! The request of the first partners, as their documentation prints it: with only the host and
//! the key changed.

use serde_json::{Value, json};

use crate::server::Server;
use crate::shell;

const HOST: &str = "https://api.mentatech.io";
const KEY: &str = "your_mentatech_apikey";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/one_time_token/", $name))
    };
}

/// Runs the request with this key.
fn mint(server: &Server, key: &str) -> (u16, Value) {
    let request = fixture!("1_mint.sh");
    assert!(request.contains(HOST) && request.contains(KEY));
    shell::paste(&request.replace(HOST, &server.url).replace(KEY, key))
}

#[tokio::test]
async fn the_documented_request_works_as_pasted() {
    let server = Server::start();
    let create = ["key", "create", "--partner", "default"];
    let key = server.command(&create, "");
    let (status, minted) = mint(&server, &key);
    assert_eq!(status, 200);
    let documented: Value = serde_json::from_str(fixture!("1_mint.json")).unwrap();
    let names = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&minted), names(&documented));

    // The partner appends it to a URL as it is.
    let token = minted["data"].as_str().unwrap();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    assert!(!token.is_empty() && token.chars().all(plain), "{token}");
    let redirect = fixture!("2_redirect.txt").trim_end();
    let (documented, sample) = redirect.split_once("?oneTimeToken=").unwrap();
    let url = reqwest::Url::parse(&redirect.replace(sample, token)).unwrap();
    assert!(url.as_str().starts_with(documented));
    let (name, value) = url.query_pairs().next().unwrap();
    assert_eq!((&*name, &*value), ("oneTimeToken", token));

    let (status, signed_in) = server
        .redeem(&server.api_key, &json!({ "data": value }))
        .await;
    assert_eq!(status, 200);
    let identity = json!({ "type": "email", "value": "johndoe@email.com" });
    assert_eq!(signed_in["user"]["identities"], json!([identity]));
}

#[test]
fn the_key_printed_in_the_documentation_is_refused() {
    let server = Server::start();
    let (status, answer) = mint(&server, KEY);
    assert_eq!(
        (status, answer["error_code"].as_str()),
        (401, Some("invalid_api_key"))
    );
}

//! The requests of the API's first clients, as their documentation prints them: pasted into
//! a shell with only the host changed, and what stands for a value of theirs replaced by it.

use serde_json::Value;

use crate::server::{Server, client};
use crate::shell;

const HOST: &str = "https://api.test.memento.zone";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/first_api/", $name))
    };
}

/// Runs a pasted request with these replacements; its status and answer.
fn paste(server: &Server, request: &str, replace: &[(&str, &str)]) -> (u16, Value) {
    let mut request = request.replace(HOST, &server.url);
    for (sample, value) in replace {
        assert!(request.contains(sample), "{sample} is in {request}");
        request = request.replace(sample, value);
    }
    shell::paste(&request)
}

/// The answer has the documented members and no others, each of the documented form. Errors
/// are null or absent where there is none.
fn assert_like(answer: &Value, documented: &str) {
    let documented: Value = serde_json::from_str(documented).unwrap();
    let (answer, documented) = (answer.as_object().unwrap(), documented.as_object().unwrap());
    for (name, sample) in documented {
        let value = answer.get(name).unwrap_or(&Value::Null);
        if name.starts_with("error_") {
            assert!(value.is_null(), "{name} is {value}");
            continue;
        }
        let text = value
            .as_str()
            .unwrap_or_else(|| panic!("{name} is a text: {value}"));
        match name.as_str() {
            "id" | "device_id" => {
                let hyphens = |id: &str| {
                    id.char_indices()
                        .filter(|(_, c)| *c == '-')
                        .map(|(i, _)| i)
                        .collect::<Vec<_>>()
                };
                assert_eq!(
                    hyphens(text),
                    hyphens(sample.as_str().unwrap()),
                    "{name}: {text}"
                );
            }
            "created_at" | "updated_at" | "expires_at" => {
                assert!(
                    text.ends_with('Z') && text.as_bytes()[10] == b'T',
                    "{name}: {text}"
                );
            }
            "status" => assert_eq!(value, sample),
            "token" => assert!(!text.is_empty()),
            other => panic!("{other} is not documented"),
        }
    }
    for name in answer.keys() {
        assert!(documented.contains_key(name), "{name} is not documented");
    }
}

/// The longest run of letters and digits in a request: the token printed in it.
fn printed_token(request: &str) -> &str {
    let words = request.split(|c: char| !c.is_ascii_alphanumeric());
    words.max_by_key(|word| word.len()).unwrap()
}

#[tokio::test]
async fn the_documented_requests_work_as_pasted() {
    let server = Server::start();

    let (status, answer) = paste(&server, fixture!("1_password.sh"), &[]);
    assert_eq!(status, 201);
    assert_like(&answer, fixture!("1_password.json"));

    let (status, begun) = paste(&server, fixture!("2_phone.sh"), &[]);
    assert_eq!(status, 201);
    assert_like(&begun, fixture!("2_phone.json"));

    let outbox = format!("{}/dev/outbox?to=%2B44%20123%201234%201234", server.url);
    let messages: Value = client()
        .get(outbox)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(messages[0]["channel"], "sms");
    assert_eq!(messages[0]["to"], "+4412312341234");
    let id = begun["id"].as_str().unwrap();
    let code = messages[0]["code"].as_str().unwrap();
    let path = format!("/tokens/{id}/secret");
    let replace = [("/tokens/id/secret", path.as_str()), ("123456", code)];
    let (status, answered) = paste(&server, fixture!("3_code.sh"), &replace);
    assert_eq!(status, 200);
    assert_like(&answered, fixture!("3_code.json"));
    assert_eq!(answered["id"], begun["id"]);
    assert_eq!(answered["device_id"], begun["device_id"]);

    for authentication in [&answer, &answered] {
        let request = fixture!("4_session.sh");
        let token = authentication["token"].as_str().unwrap();
        let (status, session) = paste(&server, request, &[(printed_token(request), token)]);
        assert_eq!(status, 201);
        assert_like(&session, fixture!("4_session.json"));

        let request = fixture!("5_verify.sh");
        let session = session["token"].as_str().unwrap();
        let (status, who) = paste(&server, request, &[(printed_token(request), session)]);
        assert_eq!(status, 200);
        assert_eq!(who["authentication_id"], authentication["id"]);
    }
}

#[tokio::test]
async fn the_tokens_printed_in_the_documentation_are_refused() {
    let server = Server::start();
    let (status, answer) = paste(&server, fixture!("4_session.sh"), &[]);
    assert_eq!(
        (status, answer["error_code"].as_str()),
        (401, Some("invalid_token"))
    );
    let (status, answer) = paste(&server, fixture!("5_verify.sh"), &[]);
    assert_eq!(
        (status, answer["error_code"].as_str()),
        (401, Some("invalid_session"))
    );
    let (status, answer) = paste(&server, fixture!("3_code.sh"), &[]);
    assert_eq!(
        (status, answer["error_code"].as_str()),
        (401, Some("invalid_secret"))
    );
}

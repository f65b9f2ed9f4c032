//! What an operator sees of a user's devices, beside a server that runs on the same folder.

use serde_json::{Value, json};

use crate::refusals::refused;
use crate::server::Server;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_device_is_listed_and_signed_out() {
    let server = Server::start();
    let none = server.command(&["user", "devices", "username:my_username"], "");
    assert_eq!(none, "It is signed in on no device.");
    let logged_in = server.log_in().await;
    let other = server.log_in().await;
    let id = logged_in["device_id"].as_str().unwrap();
    let text = server.command(&["user", "devices", "username:my_username"], "");
    assert!(
        text.contains(id) && text.contains("Unknown device"),
        "{text}"
    );

    let sign_out = ["user", "sign-out", "username:my_username", id];
    assert!(server.command(&sign_out, "").starts_with("Signed out."));
    let again = server.command(&[&sign_out[..], &["--json"]].concat(), "");
    assert_eq!(again, r#"{"changed":false}"#);
    for (authentication, expected) in [(&logged_in, 401), (&other, 201)] {
        let basic = format!("Basic {}", authentication["token"].as_str().unwrap());
        assert_eq!(server.post_with("/v1/sessions", &basic).await.0, expected);
    }
    let devices = ["user", "devices", "username:my_username", "--json"];
    let devices = parsed(&server.command(&devices, ""));
    let devices = devices["devices"].as_array().unwrap();
    assert_eq!((devices.len(), &devices[0]["id"]), (1, &other["device_id"]));

    for (arguments, expected) in [
        (["username:nobody", id], "no user username:nobody"),
        (
            ["username:my_username", "my phone"],
            "`countersign user devices username:my_username`",
        ),
        (
            [
                "username:my_username",
                "0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d",
            ],
            "has no device",
        ),
    ] {
        let arguments = [&["user", "sign-out"][..], &arguments].concat();
        let said = refused(server.folder(), &arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn all_that_is_kept_of_a_user_is_exported() {
    let server = Server::start();
    let logged_in = server.log_in().await;
    let export = ["user", "export", "username:my_username"];
    let exported = parsed(&server.command(&export, ""));
    assert_eq!(exported["user"]["status"], "active");
    let identity = json!({ "type": "username", "value": "my_username" });
    assert_eq!(exported["user"]["identities"], json!([identity]));
    assert_eq!(exported["has_password"], true);
    assert_eq!(exported["devices"][0]["id"], logged_in["device_id"]);
    let line = server.command(&[&export[..], &["--json"]].concat(), "");
    assert_eq!((line.lines().count(), parsed(&line)), (1, exported));
    assert!(!line.contains("$argon2"), "{line}");
    let said = refused(server.folder(), &["user", "export", "username:nobody"]);
    assert!(said.contains("no user username:nobody"), "{said}");
}

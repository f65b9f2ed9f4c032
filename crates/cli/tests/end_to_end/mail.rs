//! Codes by mail, from the configuration file to a real mail server.

use std::os::unix::fs::PermissionsExt;

use countersign_testkit::MailServer;
use serde_json::{Value, json};

use crate::server::{MASTER_KEY, Server, run_in_earnest};

/// What was acknowledged is sent, though the process is killed while the mail server turns it
/// away for now.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_acknowledged_comes_though_the_process_is_killed() {
    let mut mail_server = MailServer::start("greylist");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.toml");
    let toml = format!(
        "[mail]\nhost = '127.0.0.1'\nport = {}\ntls = 'none'\n\
         from = 'Tickets <codes@sender.example>'\n",
        mail_server.port
    );
    std::fs::write(&file, toml).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    for arguments in [
        &["migrate"][..],
        &["partner", "set", "default", "sign_up=open"],
    ] {
        let output = run_in_earnest(folder.path(), arguments, "");
        assert!(output.status.success(), "{output:?}");
    }
    let server = Server::start_in_earnest_in(folder, MASTER_KEY);
    let identity = json!({ "type": "email", "value": "ana@example.com" });
    let begin = json!({ "identity": identity, "authenticator": "email" });
    let (status, begun) = server.post("/v1/tokens", &begin).await;
    assert_eq!(status, 201, "{begun}");
    mail_server.expect("connection");

    let server = server.kill_and_start_in_earnest(MASTER_KEY);
    let mail =
        std::iter::repeat_with(|| mail_server.event()).find(|event| event["event"] == "mail");
    let code = code(&mail.unwrap());
    let answer = format!("/v1/tokens/{}/secret", begun["id"].as_str().unwrap());
    let (status, answered) = server.post(&answer, &json!({ "secret": code })).await;
    assert_eq!(status, 200, "{answered}");
}

fn code(mail: &Value) -> String {
    let text = mail["parts"][0]["text"].as_str().unwrap();
    let digits = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    text.lines().map(str::trim).find(digits).unwrap().to_owned()
}

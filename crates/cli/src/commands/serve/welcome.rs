//! What the server says when it is up.

use std::net::SocketAddr;

use crate::config::Config;
use crate::dev;

/// Prints where the server listens: for a script as JSON, and in development with something
/// to try.
pub(super) fn print(config: &Config, (public, private): (SocketAddr, SocketAddr), json: bool) {
    if json {
        let addresses = serde_json::json!({
            "listen": public.to_string(),
            "private_listen": private.to_string(),
        });
        println!("{addresses}");
    } else if config.dev {
        println!("{}", text(config, public, private));
    }
}

fn text(config: &Config, public: SocketAddr, private: SocketAddr) -> String {
    let folder = config.data_dir.display();
    let (username, password) = (dev::USERNAME, dev::PASSWORD);
    format!(
        r#"
Countersign runs for development: on this machine alone, with its data in {folder}.

  the API              http://{public}/v1
  its description      http://{public}/openapi.json
  codes it "sent"      http://{public}/dev/outbox
  health               http://{private}/readyz

Ctrl-C stops it. To begin anew, stop it and delete the folder.

1. Log in. The answer has an authentication token, which the device keeps.

  curl -s http://{public}/v1/tokens -H 'content-type: application/json' -d '
    {{"device": {{"make": "iPhone", "model": "iPhone6,2", "os_name": "iOS", "os_version": "14.0"}},
     "identity": {{"type": "username", "value": "{username}"}},
     "authenticator": "password", "pin": "1234", "secret": "{password}"}}'

2. Exchange it for a session token, which lives for minutes.

  curl -s -X POST http://{public}/v1/sessions -H 'Authorization: Basic AUTHENTICATION_TOKEN'

3. Ask who it is, as your own API would with each request.

  curl -s -X POST http://{public}/v1/sessions/verify -H 'Authorization: Bearer SESSION_TOKEN'

Or log in with a code: send it, read it in the outbox, and bring it back.

  curl -s http://{public}/v1/tokens -H 'content-type: application/json' -d '
    {{"identity": {{"type": "phone", "value": "+44 123 1234 1234"}}, "authenticator": "sms"}}'
  curl -s 'http://{public}/dev/outbox?to=+441231234-1234'
  curl -s http://{public}/v1/tokens/ID/secret -H 'content-type: application/json' -d '
    {{"secret": "CODE"}}'
"#
    )
}

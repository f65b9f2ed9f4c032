//! What the server says when it is up.

use std::net::SocketAddr;

use countersign_domain::token::ApiKeyText;

use crate::config::Config;
use crate::dev;

/// What there is to try, in development.
pub(super) struct Samples {
    /// An API key of the default partner.
    pub(super) api_key: ApiKeyText,
    /// Whether that partner has the flow to try.
    pub(super) has_flow: bool,
}

/// Prints where the server listens: for a script as JSON, and in development with something
/// to try.
pub(super) fn print(
    config: &Config,
    (public, private): (SocketAddr, SocketAddr),
    samples: Option<&Samples>,
    json: bool,
) {
    if json {
        let mut welcome = serde_json::json!({
            "listen": public.to_string(),
            "private_listen": private.to_string(),
        });
        if let Some(samples) = samples {
            welcome["api_key"] = samples.api_key.expose().into();
        }
        println!("{welcome}");
    } else if let Some(samples) = samples {
        let log_in = text(config, public, private);
        println!("{log_in}{}", partners(config, public, samples));
    }
}

fn text(config: &Config, public: SocketAddr, private: SocketAddr) -> String {
    let folder = config.data_dir.display();
    let (username, password) = (dev::USERNAME, dev::PASSWORD);
    let (port, pages) = (public.port(), dev::PAGES);
    format!(
        r#"
Countersign runs for development: on this machine alone, with its data in {folder}.

  what to try          http://{public}/
  signing in           http://localhost:{port}{pages}/sign-in?to=account
  the API              http://{public}/v1
  its description      http://{public}/openapi.json
  codes it "sent"      http://{public}/dev/outbox
  health               http://{private}/readyz

Ctrl-C stops it. To begin anew, stop it and delete the folder. What is below in
CAPITALS is for you to fill in from the answers.

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

/// What a partner's backend and the application's ask.
fn partners(config: &Config, public: SocketAddr, samples: &Samples) -> String {
    let (key, folder) = (samples.api_key.expose(), config.data_dir.display());
    let mut text = format!(
        r#"
Or let a partner vouch for its user. Its backend asks for a one-time token, with its API key;
this one, of the partner default, is kept in {folder}/dev-api.key.

  curl -s 'http://{public}/v1/auth/oneTimeToken?user=johndoe@email.com' -H 'Authorization: {key}'

The application's backend redeems it, once: the user is signed in.

  curl -s http://{public}/v1/one-time-tokens/redeem -H 'Authorization: {key}' \
    -H 'content-type: application/json' -d '
    {{"token": "ONE_TIME_TOKEN", "nonce": "RANDOM_TEXT"}}'
"#
    );
    if samples.has_flow {
        let (flow, parameter) = (dev::FLOW, dev::FLOW_PARAMETER);
        text.push_str(&format!(
            r#"
Or the partner asks for a link, which has the one-time token in it.

  curl -s http://{public}/v1/links -H 'Authorization: {key}' \
    -H 'content-type: application/json' -d '
    {{"flow": "{flow}", "params": {{"{parameter}": "2738"}}, "user": {{"email": "johndoe@email.com"}}}}'
"#
        ));
    }
    text
}

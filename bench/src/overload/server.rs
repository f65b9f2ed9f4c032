//! The real server, in a folder of its own, with users to log in.

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use countersign_domain::password::Password;
use countersign_domain::{Secret, SystemEntropy};
use countersign_service::{PasswordCost, Passwords};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::connection::Connection;
use crate::Error;

/// The password of every user.
pub(super) const PASSWORD: &str = "a long enough password";
/// Users there are.
pub(super) const USERS: u64 = 500;

/// Any will do.
const MASTER_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A server that runs until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    child: Child,
    /// Deleted with it.
    _folder: TempDir,
}

impl Server {
    pub(super) fn start(binary: &Path) -> Result<Self, Error> {
        let binary = binary.canonicalize()?;
        let folder = tempfile::tempdir()?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(&binary);
            command
                .args(arguments)
                .current_dir(folder.path())
                .env_clear();
            command.env("COUNTERSIGN_MASTER_KEY", MASTER_KEY);
            command
        };
        std::fs::write(folder.path().join("users.jsonl"), users()?)?;
        let imported = command(&["user", "import", "users.jsonl"]).status()?;
        if !imported.success() {
            return Err("the users could not be imported".into());
        }
        let mut serve = command(&["serve", "--json", "--listen", "127.0.0.1:0"]);
        serve.args(["--private-listen", "127.0.0.1:0"]);
        // Limits answer what the threads and their queue never see; here those are measured.
        serve
            .env("COUNTERSIGN_LIMITS_PASSWORD_GUESSES_PER_HOUR", "10000")
            .env("COUNTERSIGN_LIMITS_PARTNER_GUESSES_PER_MINUTE", "1000000")
            .env("COUNTERSIGN_LIMITS_NODE_GUESSES_PER_MINUTE", "1000000");
        serve.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = serve.spawn()?;
        let mut line = String::new();
        if let Some(output) = &mut child.stdout {
            BufReader::new(output).read_line(&mut line)?;
        }
        let printed: Value = serde_json::from_str(&line)?;
        let address = printed["listen"].as_str().unwrap_or_default().parse()?;
        Ok(Self {
            address,
            child,
            _folder: folder,
        })
    }

    /// Logs a user in and opens a session. How it is shown to be verified.
    pub(super) async fn session(&self) -> Result<String, Error> {
        let mut connection =
            Connection::open(IpAddr::V4(Ipv4Addr::LOCALHOST), self.address).await?;
        let token = |body: &str| {
            let answer: Value = serde_json::from_str(body)?;
            let token = answer["token"].as_str().ok_or("no token was answered")?;
            Ok::<_, Error>(token.to_owned())
        };
        let answer = connection
            .post("/v1/tokens", None, &log_in("user0", PASSWORD))
            .await?;
        let basic = format!("Basic {}", token(&answer.body)?);
        let answer = connection.post("/v1/sessions", Some(&basic), "").await?;
        Ok(format!("Bearer {}", token(&answer.body)?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a log-in with a password sends.
pub(super) fn log_in(username: &str, password: &str) -> String {
    json!({
        "identity": { "type": "username", "value": username },
        "authenticator": "password",
        "secret": password,
    })
    .to_string()
}

/// All users, with one hash at the costs that hold by default.
fn users() -> Result<String, Error> {
    let cost = PasswordCost {
        memory_kib: 47_104,
        iterations: 1,
        threads: 1,
    };
    let passwords = Passwords::new(cost, Arc::new(SystemEntropy::default()))?;
    let password = Password::present(&Secret::new(PASSWORD.to_owned()));
    let password = password.ok_or("it is short enough")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let hash = runtime.block_on(passwords.hash(password));
    let hash = hash.map_err(|_| "the machine is too busy to hash one password")?;
    let line = |number| {
        let line = json!({ "username": format!("user{number}"), "password_hash": hash });
        format!("{line}\n")
    };
    Ok((0..USERS).map(line).collect())
}

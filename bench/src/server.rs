//! The real server, in a folder of its own, with users to log in.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use countersign_domain::password::Password;
use countersign_domain::{Secret, SystemEntropy};
use countersign_service::{PasswordCost, Passwords};
use serde_json::Value;
use tempfile::TempDir;

use crate::Error;

/// The password of every user.
pub(crate) const PASSWORD: &str = "a long enough password";

/// Any will do.
const MASTER_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Limits answer what lies behind them, and here that is measured.
const LIMITS: [(&str, &str); 6] = [
    ("PASSWORD_GUESSES_PER_HOUR", "10000"),
    ("PARTNER_GUESSES_PER_MINUTE", "1000000"),
    ("NODE_GUESSES_PER_MINUTE", "1000000"),
    ("CODE_PAUSE", "0s"),
    ("PARTNER_SENDS_PER_MINUTE", "1000000"),
    ("NODE_SENDS_PER_MINUTE", "1000000"),
];

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    /// Deleted with it.
    _folder: TempDir,
}

impl Server {
    /// Imports these users, and serves with these settings beside wide limits.
    pub(crate) fn start(
        binary: &Path,
        users: impl IntoIterator<Item = Value>,
        settings: &[(&str, &str)],
    ) -> Result<Self, Error> {
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
        let users: String = users.into_iter().map(|user| format!("{user}\n")).collect();
        std::fs::write(folder.path().join("users.jsonl"), users)?;
        let imported = command(&["user", "import", "users.jsonl"]).status()?;
        if !imported.success() {
            return Err("the users could not be imported".into());
        }
        let mut serve = command(&["serve", "--json", "--listen", "127.0.0.1:0"]);
        serve.args(["--private-listen", "127.0.0.1:0"]);
        serve.envs(LIMITS.map(|(limit, value)| (format!("COUNTERSIGN_LIMITS_{limit}"), value)));
        serve.envs(settings.iter().copied());
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
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A hash of [`PASSWORD`] at the costs that hold by default.
pub(crate) fn password_hash() -> Result<String, Error> {
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
    Ok(hash.map_err(|_| "the machine is too busy to hash one password")?)
}

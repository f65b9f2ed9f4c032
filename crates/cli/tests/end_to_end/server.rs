//! A server in a process and a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A server for development, on free ports.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) private_url: String,
    /// The API key that a server for development has.
    pub(crate) api_key: String,
    child: Child,
    folder: TempDir,
}

/// A master key for folders that are not for development.
pub(crate) const MASTER_KEY: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// The binary to test.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("COUNTERSIGN_BIN").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_countersign")),
        PathBuf::from,
    )
}

/// The binary, in a folder where nothing else configures it.
pub(crate) fn countersign(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).env_clear();
    command
}

/// Runs a command to its end, with this on its standard input.
pub(crate) fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    finish(countersign(folder, arguments), input)
}

/// Runs a command to its end in a folder that is not for development, with [`MASTER_KEY`].
pub(crate) fn run_in_earnest(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = countersign(folder, arguments);
    command.env("COUNTERSIGN_MASTER_KEY", MASTER_KEY);
    finish(command, input)
}

fn finish(mut command: Command, input: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that reads nothing may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

impl Server {
    /// Starts in a new folder.
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    /// Starts in a new folder, with everything logged that anything logs, into a file.
    pub(crate) fn start_logging_everything() -> (Self, tempfile::NamedTempFile) {
        let (folder, log) = (
            tempfile::tempdir().unwrap(),
            tempfile::NamedTempFile::new().unwrap(),
        );
        let arguments = ["serve", "--dev", "--json", "--listen", "127.0.0.1:0"];
        let mut command = countersign(folder.path(), &arguments);
        command
            .env("COUNTERSIGN_LOG_LEVEL", "trace")
            .stderr(log.reopen().unwrap());
        (Self::spawn(command, folder), log)
    }

    /// Starts in earnest in a new folder, with this master key.
    pub(crate) fn start_in_earnest(master_key: &str) -> Self {
        Self::start_in_earnest_in(tempfile::tempdir().unwrap(), master_key)
    }

    /// The same in this folder, with the configuration file that is in it.
    pub(crate) fn start_in_earnest_in(folder: TempDir, master_key: &str) -> Self {
        let arguments = [
            "serve",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--private-listen",
        ];
        let mut command = countersign(folder.path(), &arguments);
        command
            .arg("[::1]:0")
            .env("COUNTERSIGN_MASTER_KEY", master_key)
            .stderr(Stdio::null());
        Self::spawn(command, folder)
    }

    fn start_in(folder: TempDir) -> Self {
        let arguments = ["serve", "--dev", "--json", "--listen", "127.0.0.1:0"];
        let mut command = countersign(folder.path(), &arguments);
        command.stderr(Stdio::null());
        Self::spawn(command, folder)
    }

    fn spawn(mut command: Command, folder: TempDir) -> Self {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let addresses: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("the server did not start: {line:?}");
        });
        let text = |name: &str| addresses[name].as_str().unwrap_or_default();
        let url = |name: &str| format!("http://{}", text(name));
        Self {
            url: url("listen"),
            private_url: url("private_listen"),
            api_key: text("api_key").to_owned(),
            child,
            folder,
        }
    }

    /// Starts in a new folder, as a person does; with what it prints until this is in a line.
    pub(crate) fn start_for_people(last: &str) -> (Self, String) {
        Self::start_for_people_in(tempfile::tempdir().unwrap(), last)
    }

    fn start_for_people_in(folder: TempDir, last: &str) -> (Self, String) {
        let mut command = countersign(folder.path(), &["serve", "--dev", "--listen", "[::1]:0"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap());
        let mut text = String::new();
        while !text.lines().last().unwrap_or_default().contains(last) {
            assert!(lines.read_line(&mut text).unwrap() > 0, "it ended: {text}");
        }
        text.push_str(std::str::from_utf8(lines.buffer()).unwrap());
        let url = |end: &str| {
            let url = text
                .split_whitespace()
                .find_map(|word| word.strip_suffix(end));
            url.unwrap().to_owned()
        };
        let server = Self {
            url: url("/v1"),
            private_url: url("/readyz"),
            api_key: String::new(),
            child,
            folder,
        };
        (server, text)
    }

    /// Ends the process, and starts it anew as a person does.
    pub(crate) fn kill_and_start_for_people(mut self, last: &str) -> (Self, String) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::start_for_people_in(folder, last)
    }

    /// Ends the process as a power cut would, and starts it anew.
    pub(crate) fn kill_and_start(self) -> Self {
        self.kill_and_start_after(|_| ())
    }

    /// The same with a server in earnest.
    pub(crate) fn kill_and_start_in_earnest(mut self, master_key: &str) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::start_in_earnest_in(folder, master_key)
    }

    /// Ends the process as a power cut would, does something to its folder, and starts it anew.
    pub(crate) fn kill_and_start_after(mut self, change: impl FnOnce(&Path)) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        change(self.folder());
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::start_in(folder)
    }

    /// Asks the process to stop, as a service manager does, and returns how it ended.
    pub(crate) fn terminate(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }

    /// What it has printed since it started and ended.
    pub(crate) fn printed(&mut self) -> String {
        let mut text = String::new();
        let output = self.child.stdout.as_mut().unwrap();
        output.read_to_string(&mut text).unwrap();
        text
    }

    /// The folder that the server was started in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command beside the server; it must succeed. Its standard output, without the
    /// end of its last line.
    pub(crate) fn command(&self, arguments: &[&str], input: &str) -> String {
        let output = run(self.folder(), arguments, input);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {error}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// Logs the user in that a server for development has.
    pub(crate) async fn log_in(&self) -> Value {
        let body = json!({
            "identity": { "type": "username", "value": "my_username" },
            "authenticator": "password",
            "secret": "MyPa$$w0rd",
        });
        let (status, answer) = self.post("/v1/tokens", &body).await;
        assert_eq!(status, 201, "{answer}");
        answer
    }

    /// Posts JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(client().post(format!("{}{path}", self.url)).json(body))
            .await
    }

    /// Posts nothing, with a credential.
    pub(crate) async fn post_with(&self, path: &str, credential: &str) -> (u16, Value) {
        let request = client().post(format!("{}{path}", self.url));
        self.send(request.header("authorization", credential)).await
    }

    /// Posts JSON, with an API key.
    pub(crate) async fn ask(&self, key: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = client().post(format!("{}{path}", self.url)).json(body);
        self.send(request.header("authorization", key)).await
    }

    /// Mints a one-time token, as the first partners do.
    pub(crate) async fn mint(&self, key: &str) -> (u16, Value) {
        let path = "/v1/auth/oneTimeToken?user=johndoe@email.com";
        let request = client().get(format!("{}{path}", self.url));
        self.send(request.header("authorization", key)).await
    }

    /// Redeems a one-time token.
    pub(crate) async fn redeem(&self, key: &str, minted: &Value) -> (u16, Value) {
        let body = json!({ "token": minted["data"] });
        self.ask(key, "/v1/one-time-tokens/redeem", &body).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that no proxy comes between.
pub(crate) fn client() -> reqwest::Client {
    encrypt();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Says who would encrypt what clients send. Whoever is first has said so.
pub(crate) fn encrypt() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

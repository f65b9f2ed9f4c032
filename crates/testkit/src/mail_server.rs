//! A real mail server, as a process of its own on loopback.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use countersign_service::delivery::mail::{Encryption, MailSettings, Mailer};
use serde_json::Value;

/// A mail server that runs as long as this lives: `fixtures/smtp.py` says how it may behave.
pub struct MailServer {
    process: Child,
    events: Receiver<Value>,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

impl MailServer {
    /// One that behaves as `mode` says.
    pub fn start(mode: &str) -> Self {
        Self::with(&["--mode", mode])
    }

    /// One with these arguments of `fixtures/smtp.py`.
    pub fn with(arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/smtp.py");
        let mut process = Command::new(python())
            .args(["-I", "-W", "ignore"])
            .arg(script)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (send, events) = channel();
        // At once, or a server with much to say would wait for its reader.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap();
                if send.send(event).is_err() {
                    break;
                }
            }
        });
        let mut server = Self {
            process,
            events,
            port: 0,
        };
        server.port = server.event()["port"].as_u64().unwrap().try_into().unwrap();
        server
    }

    /// The next thing that happens.
    pub fn event(&mut self) -> Value {
        let event = self.events.recv_timeout(Duration::from_secs(60));
        event.expect("the server runs and something happens")
    }

    /// The next thing that happens, which must be this.
    #[track_caller]
    pub fn expect(&mut self, event: &str) -> Value {
        let line = self.event();
        assert_eq!(line["event"], event, "{line}");
        line
    }

    /// A mailer for this server.
    pub fn mailer(&self) -> Mailer {
        Mailer::new(self.settings()).unwrap()
    }

    /// What a mailer for this server is told.
    pub fn settings(&self) -> MailSettings {
        MailSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            encryption: Encryption::None,
            authorities: None,
            credentials: None,
            from: "Tickets <codes@sender.example>".parse().unwrap(),
            reply_to: None,
            hello: "app.sender.example".to_owned(),
            time_out: Duration::from_secs(20),
            connections: 2,
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The interpreter that has the server, which `cargo xtask tools` installs beside what cargo
/// builds: this very program is in the folder `deps` of a profile there.
fn python() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let built = program.ancestors().nth(3).unwrap();
    let python = built.join("tools/smtp/bin/python");
    assert!(
        python.exists(),
        "the mail server is missing; `cargo xtask tools` installs it"
    );
    python
}

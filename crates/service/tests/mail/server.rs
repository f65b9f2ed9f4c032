//! The mail server, as a process of its own, and what the tests send to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use countersign_domain::id::MessageId;
use countersign_domain::{Secret, SystemEntropy, Timestamp};
use countersign_service::delivery::mail::{Encryption, MailSettings, Mailer};
use countersign_service::delivery::writing::Mail;
use serde_json::Value;

/// A server that runs as long as this lives.
pub(crate) struct Server {
    process: Child,
    events: Receiver<Value>,
    pub(crate) port: u16,
}

impl Server {
    /// One that behaves as `mode` says.
    pub(crate) fn start(mode: &str) -> Self {
        Self::with(&["--mode", mode])
    }

    pub(crate) fn with(arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/smtp.py");
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
    pub(crate) fn event(&mut self) -> Value {
        let event = self.events.recv_timeout(Duration::from_secs(60));
        event.expect("the server runs and something happens")
    }

    /// The next thing that happens, which must be this.
    #[track_caller]
    pub(crate) fn expect(&mut self, event: &str) -> Value {
        let line = self.event();
        assert_eq!(line["event"], event, "{line}");
        line
    }

    /// A mailer for this server.
    pub(crate) fn mailer(&self) -> Mailer {
        Mailer::new(self.settings()).unwrap()
    }

    pub(crate) fn settings(&self) -> MailSettings {
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The interpreter that has the server, which `cargo xtask tools` installs.
fn python() -> PathBuf {
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = built.join("tools/smtp/bin/python");
    assert!(
        python.exists(),
        "the mail server is missing; `cargo xtask tools` installs it"
    );
    python
}

pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:34:56Z".parse().unwrap()
}

/// A mail with what makes mails hard: other alphabets, long lines, lines that begin with a dot.
pub(crate) fn mail() -> Mail {
    Mail {
        id: MessageId::generate(now(), &SystemEntropy::default()),
        to: "email:ana@example.com".parse().unwrap(),
        from_name: "Entradas Ñandú".to_owned(),
        subject: "Tu código para entrar a Entradas Ñandú".to_owned(),
        text: Secret::new("Tu código\n\n.\n..123456 €\n".to_owned()),
        html: Secret::new(format!("<p>123456</p>\n<!--{}-->\n", "é".repeat(2000))),
    }
}

/// The value of a header, which is there once.
#[track_caller]
pub(crate) fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().unwrap();
    let mut values = headers.iter().filter(|header| header[0] == name);
    let value = values.next().unwrap_or_else(|| panic!("{name} is missing"));
    assert_eq!(values.next(), None, "{name} is there twice");
    value[1].as_str().unwrap()
}

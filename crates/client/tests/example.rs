//! The example, run as it stands: by HTTP, and by TLS that nobody sets up for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use countersign_testkit::{Answer, Client, TestApp};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Method, StatusCode};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The example in a process of its own.
struct Example {
    client: Client,
    child: Child,
    /// What it writes goes somewhere as long as it runs.
    _output: BufReader<ChildStdout>,
}

impl Example {
    /// One that asks this Countersign, and trusts whom this file says.
    fn start(countersign: &str, authorities: &Path) -> Self {
        let test = std::env::current_exe().unwrap();
        let example = test.ancestors().nth(2).unwrap().join("examples/api");
        let missing = "build it with `cargo build -p countersign-client --examples`";
        assert!(example.exists(), "{}: {missing}", example.display());
        let mut command = Command::new(example);
        command.env_clear().env("PORT", "0");
        command.env("COUNTERSIGN", countersign);
        // Whom a machine trusts, as OpenSSL names it.
        command.env("SSL_CERT_FILE", authorities);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap();
        Self {
            client: Client::new(url.to_owned()),
            child,
            _output: output,
        }
    }

    async fn me(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.client.with(Method::GET, "/me", &bearer).await
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_example_knows_whose_request_it_is() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    // Where nothing is encrypted, nobody need be trusted.
    let example = Example::start(&app.node().url, Path::new("/dev/null"));
    let answer = example.me(&token).await.expect(StatusCode::OK).json();
    let identities = &answer["identities"];
    assert_eq!(identities[0]["value"], TestApp::USERNAME);
    let answer = example.me("junk").await;
    let answer = answer.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["error_code"], "invalid_session");
}

#[tokio::test]
async fn tls_works_as_it_is_with_whom_the_machine_trusts() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, certified.cert.pem()).unwrap();
    let stranger = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let untrusted = folder.path().join("untrusted.pem");
    std::fs::write(&untrusted, stranger.cert.pem()).unwrap();
    let url = encrypted(&app.node().url, &certified).await;

    let example = Example::start(&url, &trusted);
    example.me(&token).await.expect(StatusCode::OK);
    example.me("junk").await.expect(StatusCode::UNAUTHORIZED);

    let example = Example::start(&url, &untrusted);
    let answer = example.me(&token).await;
    answer.expect(StatusCode::SERVICE_UNAVAILABLE);
}

/// The URL of something that speaks TLS and passes all on to the server at this one.
async fn encrypted(url: &str, certified: &CertifiedKey<rcgen::KeyPair>) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let chain = vec![certified.cert.der().clone()];
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let address = url.strip_prefix("http://").unwrap().to_owned();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (connection, _) = socket.accept().await.unwrap();
            // Who does not trust us hangs up.
            if let Ok(mut connection) = acceptor.accept(connection).await {
                let mut server = TcpStream::connect(&address).await.unwrap();
                tokio::spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut connection, &mut server).await;
                });
            }
        }
    });
    format!("https://localhost:{port}")
}

//! A snippet in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};

use super::{APP, LOGIN_URL, Northstar, folder};
use crate::server::encrypt;

/// A snippet that serves HTTP on a free port.
pub(super) struct Snippet {
    url: String,
    child: Child,
    /// What it writes goes somewhere as long as it runs.
    _output: BufReader<ChildStdout>,
}

impl Snippet {
    /// Starts the snippet of this name in the language with this ending.
    pub(super) fn start(northstar: &Northstar, name: &str, language: &str) -> Self {
        let file = format!("{name}.{language}");
        let example = example();
        let program: Vec<&str> = match language {
            "mjs" => vec!["node", "serve.mjs", &file],
            "py" => vec!["python3", "serve.py", &file],
            "php" => vec!["php", "-S", "127.0.0.1:0", &file],
            "rs" => vec![&example, name],
            _ => panic!("{language} serves nothing"),
        };
        Self::serving(northstar, &program)
    }

    /// Starts a program that serves a snippet.
    pub(super) fn serving(northstar: &Northstar, program: &[&str]) -> Self {
        // PHP says where it listens on its standard error.
        let words = ["bash", "-c", r#"exec "$@" 2>&1"#, "bash"];
        let mut command = command(northstar, &[&words[..], program].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        let url = loop {
            let end = said.len();
            assert_ne!(
                output.read_line(&mut said).unwrap(),
                0,
                "{program:?}: {said}"
            );
            if let Some((_, rest)) = said[end..].split_once("http://127.0.0.1:") {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break format!("http://127.0.0.1:{port}");
            }
        };
        Self {
            url,
            child,
            _output: output,
        }
    }

    /// A request to it.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        encrypt();
        let client = Client::builder().no_proxy().redirect(Policy::none());
        let client = client.build().unwrap();
        client.request(method, format!("{}{path}", self.url))
    }

    /// What it answers to a browser that keeps this cookie.
    pub(super) async fn ask(&self, method: Method, path: &str, cookie: &str) -> Response {
        let mut request = self.request(method, path);
        if !cookie.is_empty() {
            // As browsers send it: among others, of any name and order.
            request = request.header("cookie", format!("a=b; {cookie}; c=d"));
        }
        request.send().await.unwrap()
    }

    /// The same, without a cookie.
    pub(super) async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, "").await
    }
}

impl Drop for Snippet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a script to its end.
pub(super) fn run(
    northstar: &Northstar,
    words: &[&str],
    state: &str,
    input: &str,
) -> (Output, String) {
    let mut command = command(northstar, &[&["bash"], words].concat());
    command
        .env("STATE", state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that refuses its arguments reads nothing.
    let _ = writeln!(child.stdin.take().unwrap(), "{input}");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text.trim_end().to_owned())
}

/// A response's header; empty, where it has none.
pub(super) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

fn command(northstar: &Northstar, words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(folder()).env_clear();
    // Where the interpreters are, and what the guides say to set.
    let inherited = ["PATH", "HOME"].map(|name| (name, std::env::var(name).unwrap_or_default()));
    command.envs(inherited).env("PORT", "0");
    command.env("COUNTERSIGN", &northstar.server.url);
    command.env("API_KEY", &northstar.key);
    command.env("APP", APP).env("LOGIN_URL", LOGIN_URL);
    command
}

/// The program with the snippets in Rust, which cargo builds with these tests.
fn example() -> String {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let example = built.join("examples").join("snippets");
    let named = example.display().to_string();
    let missing = format!("{named}: build it with `cargo build -p countersign --examples`");
    assert!(Path::new(&example).exists(), "{missing}");
    named
}

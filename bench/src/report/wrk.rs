//! wrk: as many requests as the server answers, over connections that stay open.
//!
//! Its loop is closed: a connection asks again when it is answered. That shows how much a server
//! can do, and nothing of how long anybody waits, so its latencies are not read.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::request::Request;
use crate::Error;

/// What wrk tells at its end, as JSON on a line of its own.
const DONE: &str = r#"
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"micros":%d,"broken":%d,"refused":%d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
"#;

/// Requests that differ in what a file has on each line; after the last the first comes again,
/// which who answers each once will refuse.
const EACH: &str = r#"
local requests, at = {}, 0
function init(args)
  for line in io.lines(lines) do
    vary(line)
    requests[#requests + 1] = wrk.format()
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
"#;

/// What was answered.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize, Serialize)]
pub(super) struct Answered {
    pub(super) requests: u64,
    /// How long it took.
    pub(super) micros: u64,
    /// Connections that broke, and requests without an answer.
    pub(super) broken: u64,
    /// Answers with a status of 400 and above.
    pub(super) refused: u64,
}

impl Answered {
    /// Requests a second.
    pub(super) fn rate(&self) -> f64 {
        super::statistics::quotient(self.requests as f64, self.seconds())
    }

    pub(super) fn seconds(&self) -> f64 {
        self.micros as f64 / 1e6
    }
}

/// In what the requests differ.
#[derive(Clone, Copy)]
pub(super) enum Each<'a> {
    /// In nothing.
    Alike,
    /// Each has one of these bodies.
    Body(&'a [String]),
    /// Each has one of these credentials.
    Credential(&'a [String]),
}

/// A script of wrk's, in a file.
pub(super) struct Script {
    file: PathBuf,
}

impl Script {
    /// Writes what is asked into this folder: the request, in turn with each of what differs.
    pub(super) fn write(folder: &Path, request: &Request, each: Each<'_>) -> Result<Self, Error> {
        let file = folder.join("request.lua");
        let mut script = script(request);
        let varied = match each {
            Each::Alike => None,
            Each::Body(lines) => Some(("wrk.body", lines)),
            Each::Credential(lines) => Some(("wrk.headers[\"authorization\"]", lines)),
        };
        if let Some((what, each)) = varied {
            let lines = folder.join("lines");
            std::fs::write(&lines, each.join("\n"))?;
            let lines = lua(lines.to_str().ok_or("the temporary folder has no name")?);
            writeln!(script, "local lines = {lines}")?;
            write!(
                script,
                "local function vary(line) {what} = line end\n{EACH}"
            )?;
        }
        script.push_str(DONE);
        std::fs::write(&file, script)?;
        Ok(Self { file })
    }

    /// Runs it; `before` stands before wrk in its command.
    pub(super) fn run(
        &self,
        before: &[String],
        to: SocketAddr,
        connections: usize,
        seconds: u32,
    ) -> Result<Answered, Error> {
        let words = before.iter().cloned().chain(["wrk".to_owned()]);
        let mut words = words.collect::<Vec<_>>().into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .args(["--threads", "1", "--connections"]);
        command.arg(connections.to_string());
        command.args(["--duration", &seconds.to_string(), "--script"]);
        command.arg(&self.file).arg(format!("http://{to}"));
        command.stderr(Stdio::inherit());
        let output = command.output().map_err(|error| {
            format!("{command:?} does not start ({error}); wrk is a Debian package of that name")
        })?;
        let printed = String::from_utf8_lossy(&output.stdout);
        read(&printed).ok_or_else(|| format!("{command:?} measured nothing:\n{printed}").into())
    }
}

/// wrk's version.
pub(super) fn version() -> Result<String, Error> {
    let output = Command::new("wrk").arg("--version").output();
    let output = output
        .map_err(|error| format!("wrk does not start ({error}); install the Debian package wrk"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let version = printed.split_whitespace().nth(1).unwrap_or("unknown");
    Ok(version.to_owned())
}

fn script(request: &Request) -> String {
    let mut script = format!(
        "wrk.method = {}\nwrk.path = {}\n",
        lua(request.method),
        lua(&request.path)
    );
    for (name, value) in &request.headers {
        script.push_str(&format!("wrk.headers[{}] = {}\n", lua(name), lua(value)));
    }
    if !request.body.is_empty() {
        script.push_str(&format!("wrk.body = {}\n", lua(&request.body)));
    }
    script
}

/// A text as Lua writes it. None of ours has a line break in it.
fn lua(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The line of [`DONE`] in what was printed.
fn read(printed: &str) -> Option<Answered> {
    let mut lines = printed.lines().rev();
    let line = lines.find(|line| line.starts_with('{'))?;
    serde_json::from_str(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_for_lua() {
        let request = Request {
            method: "POST",
            path: "/v1/tokens".to_owned(),
            headers: vec![("authorization", "Basic a".to_owned())],
            body: r#"{"a":"\\"}"#.to_owned(),
            status: 201,
        };
        let expected = "wrk.method = \"POST\"\nwrk.path = \"/v1/tokens\"\n\
                        wrk.headers[\"authorization\"] = \"Basic a\"\n\
                        wrk.body = \"{\\\"a\\\":\\\"\\\\\\\\\\\"}\"\n";
        assert_eq!(script(&request), expected);
    }

    #[test]
    fn what_wrk_tells_is_found_behind_what_it_prints() {
        let line = r#"{"requests":300,"micros":1500000,"broken":0,"refused":2}"#;
        let answered = read(&format!("Running 1s test\n  2 threads\n{line}\n")).unwrap();
        assert_eq!((answered.requests, answered.refused), (300, 2));
        assert_eq!(answered.rate(), 200.0);
        assert_eq!(read("Running 1s test\n"), None);
        assert_eq!(read("{}"), None);
    }
}

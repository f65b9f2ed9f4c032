//! A proxy that is run: a process on free ports, with a certificate.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tempfile::TempDir;

use super::HOST;

/// A proxy in a process and a folder of its own.
pub(super) struct Process {
    /// Where it speaks TLS.
    pub(super) address: SocketAddr,
    /// Where it does not.
    pub(super) plain: SocketAddr,
    child: Child,
    folder: TempDir,
}

/// Where those are that a proxy stands in front of.
#[derive(Clone, Copy)]
pub(super) struct Behind {
    pub(super) countersign: SocketAddr,
    pub(super) application: SocketAddr,
}

impl Process {
    /// Starts a proxy in a folder with a certificate, on a port without TLS and one with it.
    pub(super) fn on_free_ports(
        start: impl Fn(&Path, SocketAddr, SocketAddr) -> Result<Child, String>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        certify(folder.path());
        loop {
            let [http, https] = free_ports();
            match start(folder.path(), http, https) {
                Ok(child) => {
                    return Self {
                        address: https,
                        plain: http,
                        child,
                        folder,
                    };
                }
                // Somebody was quicker.
                Err(said) if said.to_lowercase().contains("address already in use") => {}
                Err(said) => panic!("it does not start: {said}"),
            }
        }
    }

    /// The file with its certificate.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.path().join("pem")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // nginx has a worker, which it ends itself if it is asked to.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.child.wait();
    }
}

/// A certificate for the guide's host, which signs itself, and its key, in files.
fn certify(folder: &Path) {
    let certified = rcgen::generate_simple_self_signed([HOST.to_owned()]).unwrap();
    fs::write(folder.join("pem"), certified.cert.pem()).unwrap();
    fs::write(folder.join("key"), certified.signing_key.serialize_pem()).unwrap();
}

/// Two addresses that nobody listens on.
fn free_ports() -> [SocketAddr; 2] {
    let taken = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    taken.map(|socket| socket.local_addr().unwrap())
}

/// Where a program is that Debian has: installed, or else unpacked by `cargo xtask tools`.
pub(super) fn debians(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    // Where servers are is on the path of root alone.
    folders.push("/usr/sbin".into());
    folders.extend(["usr/sbin", "usr/bin"].map(|folder| tools("debian").join(folder)));
    let mut programs = folders.iter().map(|folder| folder.join(name));
    let found = programs.find(|program| program.exists());
    found.unwrap_or_else(|| panic!("no {name}: `cargo xtask tools` brings it"))
}

/// Where a program is that `cargo xtask tools` has from PyPI.
pub(super) fn pypis(name: &str) -> PathBuf {
    tools("proxies").join("bin").join(name)
}

/// A folder that `cargo xtask tools` fills beside what cargo builds: this very program is in the
/// folder `deps` of a profile there.
fn tools(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(3).unwrap();
    built.join("tools").join(name)
}

/// A program that keeps what it keeps in this folder.
pub(super) fn within(folder: &Path, program: &Path) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("HOME", folder);
    command.current_dir(folder);
    command
}

/// Runs a program to its end; what it said, if it fails.
pub(super) fn succeed(mut command: Command) -> Result<(), String> {
    let output = command.output().map_err(|error| absent(&command, &error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Starts a program, and waits until it says this; all that it said, if it ends before.
pub(super) fn start(mut command: Command, ready: &str) -> Result<Child, String> {
    let (output, input) = std::io::pipe().unwrap();
    command.stdout(input.try_clone().unwrap()).stderr(input);
    let child = command.spawn().map_err(|error| absent(&command, &error));
    let mut child = child?;
    // With its ends of the pipe, which stays open otherwise when the program ends.
    drop(command);
    let mut output = BufReader::new(output);
    let mut said = String::new();
    while !said.contains(ready) {
        if output.read_line(&mut said).unwrap() == 0 {
            child.wait().unwrap();
            return Err(said);
        }
    }
    // What it goes on to say goes somewhere as long as it runs.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Ok(child)
}

fn absent(command: &Command, error: &std::io::Error) -> String {
    format!("{command:?}: {error}; `cargo xtask tools` brings what the tests need")
}

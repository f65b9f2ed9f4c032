//! nginx and Caddy, each a process with its guide's configuration.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{HOST, guide};

/// A proxy in a process and a folder of its own.
pub(super) struct Process {
    /// Where it speaks TLS.
    pub(super) address: SocketAddr,
    child: Child,
    folder: TempDir,
}

/// Where those are that a proxy stands in front of.
#[derive(Clone, Copy)]
pub(super) struct Behind {
    pub(super) countersign: SocketAddr,
    pub(super) application: SocketAddr,
}

/// What of nginx's is not the site of the guide: Debian's files say it, with paths that are root's.
/// As root it runs as root, so that it finds its folder; otherwise it says that it cannot.
const NGINX: &str = "\
user root;
daemon off;
worker_processes 1;
pid FOLDER/pid;
error_log stderr notice;
events {}
http {
    access_log off;
    client_body_temp_path FOLDER/body;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    include FOLDER/market.conf;
}
";

impl Process {
    /// nginx, as its guide sets it up.
    pub(super) fn nginx(behind: Behind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().to_str().unwrap().to_owned();
        certify(folder.path());
        let [http, https] = free_ports();
        let here = [
            ("listen 80;", format!("listen {http};")),
            ("listen 443 ssl;", format!("listen {https} ssl;")),
            ("/etc/ssl/market.example.pem", format!("{at}/pem")),
            ("/etc/ssl/private/market.example.key", format!("{at}/key")),
            ("127.0.0.1:8080", behind.countersign.to_string()),
            ("127.0.0.1:3000", behind.application.to_string()),
        ];
        let site = guide::configurations("nginx.md", "nginx", &here);
        fs::write(folder.path().join("market.conf"), site.concat()).unwrap();
        let main = folder.path().join("nginx.conf");
        fs::write(&main, NGINX.replace("FOLDER", &at)).unwrap();
        let command = |more: &[&str]| {
            // Without the second, it opens the log of its package before it reads its file.
            let mut command = program("nginx", folder.path());
            command.arg("-c").arg(&main).args(["-e", "stderr"]);
            command.args(more);
            command
        };
        succeed(command(&["-t"]));
        let child = start(command(&[]), "start worker process ");
        Self {
            address: https,
            child,
            folder,
        }
    }

    /// Caddy, as its guide sets it up.
    pub(super) fn caddy(behind: Behind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().to_str().unwrap().to_owned();
        certify(folder.path());
        let [http, https] = free_ports();
        // The certificate is no certificate authority's, and the ports are nobody's.
        let site = format!("{HOST} {{\n\ttls {at}/pem {at}/key\n\tbind 127.0.0.1\n");
        let here = [
            ("market.example {\n", site),
            ("127.0.0.1:8080", behind.countersign.to_string()),
            ("127.0.0.1:3000", behind.application.to_string()),
        ];
        let file = guide::configurations("caddy.md", "caddyfile", &here).concat();
        let (http, port) = (http.port(), https.port());
        let global = format!("{{\n\tadmin off\n\thttp_port {http}\n\thttps_port {port}\n}}\n");
        let path = folder.path().join("Caddyfile");
        fs::write(&path, global + &file).unwrap();
        let command = |what: &str| {
            let mut command = program("caddy", folder.path());
            command.arg(what).args(["--adapter", "caddyfile"]);
            command.arg("--config").arg(&path);
            command
        };
        succeed(command("validate"));
        let child = start(command("run"), "serving initial configuration");
        Self {
            address: https,
            child,
            folder,
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

/// A program that keeps what it keeps in this folder.
fn program(name: &str, folder: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    // Where servers are is on the path of root alone.
    folders.push("/usr/sbin".into());
    // `cargo xtask tools` unpacks what is not installed beside what cargo builds: this very
    // program is in the folder `deps` of a profile there.
    let test = std::env::current_exe().unwrap();
    let kept = test.ancestors().nth(3).unwrap().join("tools/proxies/usr");
    folders.extend([kept.join("sbin"), kept.join("bin")]);
    let mut programs = folders.iter().map(|folder| folder.join(name));
    let program = programs.find(|program| program.exists());
    let program = program.unwrap_or_else(|| panic!("no {name}: `cargo xtask tools` brings it"));
    let mut command = Command::new(program);
    command.env_clear().env("PATH", path).env("HOME", folder);
    command.current_dir(folder);
    command
}

fn succeed(mut command: Command) {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
}

/// Starts a program, and waits until it says this.
fn start(mut command: Command, ready: &str) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut output = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains(ready) {
        let read = output.read_line(&mut said).unwrap();
        assert_ne!(read, 0, "{command:?} ended: {said}");
    }
    // What it goes on to say goes somewhere as long as it runs.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    child
}

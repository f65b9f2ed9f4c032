//! Caddy itself.

use std::fs;
use std::path::Path;

use super::process::{Behind, Process, start, succeed, within};
use super::{HOST, guide};

/// Caddy, as its guide sets it up: this one.
pub(super) fn run(program: &Path, behind: Behind) -> Process {
    Process::on_free_ports(|folder, http, https| {
        let at = folder.display();
        // The certificate is no certificate authority's, and the ports are nobody's.
        let site = format!("{HOST} {{\n\ttls {at}/pem {at}/key\n\tbind 127.0.0.1\n");
        let here = [
            ("market.example {\n", site),
            ("127.0.0.1:8080", behind.countersign.to_string()),
            ("127.0.0.1:3000", behind.application.to_string()),
        ];
        let site = guide::configurations("caddy.md", "caddyfile", &here).concat();
        let (http, https) = (http.port(), https.port());
        let ports = format!("http_port {http}\n\thttps_port {https}");
        let path = folder.join("Caddyfile");
        let file = format!("{{\n\tadmin off\n\t{ports}\n}}\n{site}");
        fs::write(&path, file).unwrap();
        let command = |what: &str| {
            let mut command = within(folder, program);
            command.arg(what).args(["--adapter", "caddyfile"]);
            command.arg("--config").arg(&path);
            command
        };
        succeed(command("validate"))?;
        start(command("run"), "serving initial configuration")
    })
}

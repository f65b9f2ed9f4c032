//! Traefik itself.

use std::fs;

use super::guide;
use super::process::{Behind, Process, pypis, start, within};

/// Traefik, as its guide sets it up.
pub(super) fn run(behind: Behind) -> Process {
    Process::on_free_ports(|folder, http, https| {
        let at = folder.display();
        // It says when it has started, and asks nobody else whether it is the newest.
        let more = "log:\n  level: INFO\nglobal:\n  checkNewVersion: false\nproviders:\n";
        let here = [
            ("\":80\"", format!("\"{http}\"")),
            ("\":443\"", format!("\"{https}\"")),
            ("providers:\n", more.to_owned()),
            ("/etc/traefik/market.yml", format!("{at}/market.yml")),
            ("/etc/ssl/market.example.pem", format!("{at}/pem")),
            ("/etc/ssl/private/market.example.key", format!("{at}/key")),
            ("127.0.0.1:8080", behind.countersign.to_string()),
            ("127.0.0.1:3000", behind.application.to_string()),
        ];
        let files = guide::configurations("traefik.md", "yaml", &here);
        let [fixed, market] = &files[..] else {
            panic!("Traefik has two files");
        };
        fs::write(folder.join("traefik.yml"), fixed).unwrap();
        fs::write(folder.join("market.yml"), market).unwrap();
        let mut command = within(folder, &pypis("traefik"));
        command.arg("--configFile").arg(folder.join("traefik.yml"));
        start(command, "Starting provider *file.Provider")
    })
}

//! Envoy itself.

use std::fs;

use super::guide;
use super::process::{Behind, Process, pypis, start, succeed, within};

/// Envoy, as its guide sets it up.
pub(super) fn run(behind: Behind) -> Process {
    Process::on_free_ports(|folder, http, https| {
        let at = folder.display();
        let (countersign, application) = (behind.countersign.port(), behind.application.port());
        let here = [
            ("0.0.0.0", "127.0.0.1".to_owned()),
            ("port_value: 80 ", format!("port_value: {} ", http.port())),
            ("port_value: 443 ", format!("port_value: {} ", https.port())),
            ("port_value: 8080 ", format!("port_value: {countersign} ")),
            ("port_value: 3000 ", format!("port_value: {application} ")),
            ("/etc/ssl/market.example.pem", format!("{at}/pem")),
            ("/etc/ssl/private/market.example.key", format!("{at}/key")),
        ];
        let file = guide::configurations("envoy.md", "yaml", &here).concat();
        let path = folder.join("envoy.yaml");
        fs::write(&path, file).unwrap();
        let command = |more: &[&str]| {
            let mut command = within(folder, &pypis("envoy"));
            command.arg("-c").arg(&path).args(more);
            command
        };
        succeed(command(&["--mode", "validate"]))?;
        // Those of several tests take over from each other otherwise.
        let alone = ["--disable-hot-restart", "--concurrency", "1"];
        start(command(&alone), "starting main dispatch loop")
    })
}

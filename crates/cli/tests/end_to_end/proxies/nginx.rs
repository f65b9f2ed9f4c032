//! nginx itself.

use std::fs;

use super::guide;
use super::process::{Behind, Process, debians, start, succeed, within};

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

/// nginx, as its guide sets it up.
pub(super) fn run(behind: Behind) -> Process {
    Process::on_free_ports(|folder, http, https| {
        let at = folder.display();
        let here = [
            ("listen 80;", format!("listen {http};")),
            ("listen 443 ssl;", format!("listen {https} ssl;")),
            ("/etc/ssl/market.example.pem", format!("{at}/pem")),
            ("/etc/ssl/private/market.example.key", format!("{at}/key")),
            ("127.0.0.1:8080", behind.countersign.to_string()),
            ("127.0.0.1:3000", behind.application.to_string()),
        ];
        let site = guide::configurations("nginx.md", "nginx", &here);
        fs::write(folder.join("market.conf"), site.concat()).unwrap();
        let main = folder.join("nginx.conf");
        fs::write(&main, NGINX.replace("FOLDER", &at.to_string())).unwrap();
        // Without the second, it opens the log of its package before it reads its file.
        let command = |more: &[&str]| {
            let mut command = within(folder, &debians("nginx"));
            command.arg("-c").arg(&main).args(["-e", "stderr"]);
            command.args(more);
            command
        };
        succeed(command(&["-t"]))?;
        start(command(&[]), "start worker process ")
    })
}

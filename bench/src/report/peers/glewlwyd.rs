//! glewlwyd, in C, as Debian builds it, with its database in SQLite.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::client::Client;
use super::installed::Installed;
use super::peer::{About, EMAIL, Peer, Server, Session, USER, forged};
use crate::Error;
use crate::report::request::Request;
use crate::server::PASSWORD;

/// Where Debian has the schema of its database.
const SCHEMA: &str = "usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz";
/// Who administrates it according to the schema.
const ADMIN: [&str; 2] = ["admin", "password"];

/// glewlwyd.
pub(super) struct Glewlwyd {
    about: About,
    installed: Installed,
}

impl Glewlwyd {
    pub(super) fn new(tools: &Path) -> Result<Self, Error> {
        let installed = Installed::find(tools.join("glewlwyd"))?;
        let version = installed.run(program(&installed)?.arg("--version"))?;
        let mut prepare = installed.command("python3");
        prepare.arg("prepare.py").arg(installed.file(SCHEMA));
        installed.run(prepare.arg(installed.database()))?;
        let about = About {
            name: "glewlwyd",
            version,
            configuration: "Debian's package and its configuration, SQLite with WAL",
            verify: "`GET /api/profile_list` with the session's cookie: reads the session and the \
                     user from the database",
            log_in: "`POST /api/auth/`; PBKDF2-SHA256, 150,000 iterations",
        };
        Ok(Self { about, installed })
    }
}

/// Debian's build, which finds its libraries where they were unpacked.
fn program(installed: &Installed) -> Result<Command, Error> {
    let mut libraries = Vec::new();
    for folder in fs::read_dir(installed.file("usr/lib"))? {
        libraries.push(folder?.path());
    }
    let mut command = installed.command(installed.file("usr/bin/glewlwyd"));
    command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries)?);
    Ok(command)
}

impl Peer for Glewlwyd {
    fn about(&self) -> &About {
        &self.about
    }

    fn start(&self) -> Result<Box<dyn Server>, Error> {
        self.installed.serve(|port| {
            let (modules, database) = (
                self.installed.file("usr/lib/glewlwyd"),
                self.installed.database(),
            );
            let configuration = fs::read_to_string(self.installed.file("glewlwyd.conf"))?
                .replace("@PORT@", &port.to_string())
                .replace("@MODULES@", &modules.display().to_string())
                .replace("@DATABASE@", &database.display().to_string());
            let file = self.installed.own("glewlwyd.conf");
            fs::write(&file, configuration)?;
            let mut command = program(&self.installed)?;
            command.arg("--config-file").arg(file);
            Ok(command)
        })
    }

    fn sign_up(&self, client: &Client) -> Result<(), Error> {
        let [admin, password] = ADMIN;
        let cookie = session(client, &log_in(admin, password))?;
        let user = json!({
            "username": USER,
            "password": PASSWORD,
            "email": EMAIL,
            "scope": ["g_profile"],
            "enabled": true,
        });
        let create = Request::new("POST", "/api/user/", 200).with("cookie", pair(&cookie));
        client.must(&create.json(user.to_string()))?;
        Ok(())
    }

    fn sign_in(&self, client: &Client) -> Result<Session, Error> {
        let (name, value) = session(client, &log_in(USER, PASSWORD))?;
        let forged = pair(&(name.clone(), forged(&value)));
        let cookie = pair(&(name, value));
        let ask =
            |cookie: &str| Request::new("GET", "/api/profile_list", 200).with("cookie", cookie);
        Ok(Session {
            verify: ask(&cookie),
            forged: ask(&forged),
            says: EMAIL.to_owned(),
            revoke: Some(Request::new("DELETE", "/api/auth/", 200).with("cookie", cookie.clone())),
            first: ask(&cookie),
        })
    }

    fn log_in(&self) -> Option<Request> {
        Some(log_in(USER, PASSWORD))
    }
}

fn log_in(username: &str, password: &str) -> Request {
    let body = json!({ "username": username, "password": password });
    Request::new("POST", "/api/auth/", 200).json(body.to_string())
}

/// The cookie of a session that begins.
fn session(client: &Client, log_in: &Request) -> Result<(String, String), Error> {
    let mut cookies = client.must(log_in)?.cookies;
    Ok(cookies
        .pop()
        .ok_or("glewlwyd answered a log-in without a cookie")?)
}

fn pair((name, value): &(String, String)) -> String {
    format!("{name}={value}")
}

//! django-allauth, headless, behind gunicorn, with its database in SQLite.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::client::Client;
use super::installed::Installed;
use super::peer::{About, EMAIL, Peer, Server, Session, forged};
use crate::Error;
use crate::report::request::Request;
use crate::server::PASSWORD;

const LOG_IN: &str = "/_allauth/app/v1/auth/login";
const SIGN_UP: &str = "/_allauth/app/v1/auth/signup";
const SESSION: &str = "/_allauth/app/v1/auth/session";

/// Prints the versions of what matters.
const VERSIONS: &str = "\
import platform
from importlib.metadata import version
packages = ['Django', 'gunicorn']
packages = [f'{package} {version(package)}' for package in packages]
print(', '.join([version('django-allauth'), *packages, f'Python {platform.python_version()}']))";

/// django-allauth.
pub(super) struct DjangoAllauth {
    about: About,
    installed: Installed,
}

impl DjangoAllauth {
    pub(super) fn new(tools: &Path) -> Result<Self, Error> {
        let installed = Installed::find(tools.join("django-allauth"))?;
        let version = installed.run(python(&installed).args(["-c", VERSIONS]))?;
        installed.run(python(&installed).args(["-m", "django", "migrate", "--verbosity", "0"]))?;
        let about = About {
            name: "django-allauth, headless",
            version,
            configuration: "gunicorn with one worker of four threads, the fastest of those tried on \
                            one core; `DEBUG` off, SQLite with WAL, `synchronous = NORMAL` and \
                            connections that stay; sessions in the database, as by default; limits \
                            off",
            verify: "`GET /_allauth/app/v1/auth/session` with a session token: reads the session \
                     and the user from the database",
            log_in: "`POST /_allauth/app/v1/auth/login`; PBKDF2-SHA256, 1,000,000 iterations",
        };
        Ok(Self { about, installed })
    }
}

fn python(installed: &Installed) -> Command {
    let mut command = installed.command(installed.file("venv/bin/python"));
    command.env("DJANGO_SETTINGS_MODULE", "settings");
    command
}

impl Peer for DjangoAllauth {
    fn about(&self) -> &About {
        &self.about
    }

    fn start(&self) -> Result<Box<dyn Server>, Error> {
        self.installed.serve(|port| {
            let mut command = python(&self.installed);
            command.args(["-m", "gunicorn", "--workers", "1"]);
            command.args(["--worker-class", "gthread", "--threads", "4"]);
            command.arg("--bind").arg(format!("127.0.0.1:{port}"));
            command.arg("wsgi:application");
            Ok(command)
        })
    }

    fn sign_up(&self, client: &Client) -> Result<(), Error> {
        client.must(&credentials(SIGN_UP))?;
        Ok(())
    }

    fn sign_in(&self, client: &Client) -> Result<Session, Error> {
        let answer = client.must(&credentials(LOG_IN))?;
        let token = answer.text("/meta/session_token")?;
        let ask = |method, token: String, status| {
            Request::new(method, SESSION, status).with("x-session-token", token)
        };
        Ok(Session {
            verify: ask("GET", token.clone(), 200),
            forged: ask("GET", forged(&token), 200),
            says: EMAIL.to_owned(),
            // Its answer is that nobody is signed in any more.
            revoke: Some(ask("DELETE", token.clone(), 401)),
            first: ask("GET", token, 200),
        })
    }

    fn log_in(&self) -> Option<Request> {
        Some(credentials(LOG_IN))
    }
}

fn credentials(path: &str) -> Request {
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    Request::new("POST", path, 200).json(body.to_string())
}

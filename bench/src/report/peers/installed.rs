//! Peers as `cargo xtask peers` has installed them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::peer::Server;
use super::program::{Program, free_port};
use crate::Error;

/// The file in which the installer says why a peer is not there.
const LEFT_OUT: &str = "left-out";
/// Signs what peers sign. Any will do.
const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ";

/// A peer's programs, and a folder for what it keeps.
pub(super) struct Installed {
    folder: PathBuf,
    home: TempDir,
}

impl Installed {
    /// The peer in this folder.
    pub(super) fn find(folder: PathBuf) -> Result<Self, Error> {
        if let Ok(why) = fs::read_to_string(folder.join(LEFT_OUT)) {
            return Err(why.trim_end().into());
        }
        let folder = folder.canonicalize().map_err(|_| "is not installed")?;
        Ok(Self {
            folder,
            home: tempfile::tempdir()?,
        })
    }

    /// One of its files.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The file in which it keeps its data.
    pub(super) fn database(&self) -> PathBuf {
        self.home.path().join("database")
    }

    /// A file for it alone.
    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A program, ready to run among its files, in production and with a secret.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env_clear();
        // Where node and python3 are.
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command
            .env("NODE_ENV", "production")
            .env("SECRET", SECRET)
            .env("DATABASE", self.database());
        command
    }

    /// Serves what the command listens for on a port.
    pub(super) fn serve(
        &self,
        command: impl FnOnce(u16) -> Result<Command, Error>,
    ) -> Result<Box<dyn Server>, Error> {
        let port = free_port()?;
        let program = Program::start(command(port)?, port, self.own("log"))?;
        Ok(Box::new(program))
    }

    /// Node.js with its application.
    pub(super) fn node(&self, settings: &[(&str, &str)]) -> Result<Box<dyn Server>, Error> {
        self.serve(|port| {
            let mut command = self.command("node");
            command.arg("server.mjs").env("PORT", port.to_string());
            command.envs(settings.iter().copied());
            Ok(command)
        })
    }

    /// Runs a command to its end; what it printed.
    pub(super) fn run(&self, command: &mut Command) -> Result<String, Error> {
        let output = command
            .output()
            .map_err(|error| format!("{command:?} does not start: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{command:?} failed: {}\n{said}", output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The version of a package of npm's.
    pub(super) fn npm_version(&self, package: &str) -> Result<String, Error> {
        let file = Path::new("node_modules").join(package).join("package.json");
        let manifest: Value = serde_json::from_slice(&fs::read(self.folder.join(file))?)?;
        let version = manifest["version"].as_str().unwrap_or("unknown");
        Ok(version.to_owned())
    }

    /// The version of Node.js.
    pub(super) fn node_version(&self) -> Result<String, Error> {
        let version = self.run(self.command("node").arg("--version"))?;
        Ok(format!("Node.js {}", version.trim_start_matches('v')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_could_not_be_installed_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let find = || Installed::find(folder.path().to_owned()).err();
        assert!(find().is_none());
        fs::write(folder.path().join(LEFT_OUT), "there is no apt-get\n").unwrap();
        assert_eq!(find().unwrap().to_string(), "there is no apt-get");
    }
}

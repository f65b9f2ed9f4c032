//! The real server, in a folder of its own, with users to log in.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use countersign_domain::key::{KEY_BYTES, MasterKey};
use countersign_domain::password::Password;
use countersign_domain::{Secret, SystemEntropy};
use countersign_service::{PasswordCost, Passwords};
use countersign_store::{Migrate, Store};
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::Error;
use crate::running::Running;

/// Stands before a server that has a core of its own: it gets a session of its own as well.
///
/// Linux weighs what runs in one session together and shares that weight out among the cores
/// (sched(7), "The autogroup feature"). A client that fills the other core from the same session
/// takes nearly all of it, so that the kernel's own threads, which stand beside the session, wait
/// for milliseconds while the server's core has nothing to do but hash. Real clients are elsewhere.
///
/// Not for a server that shares its cores with the clients: that they give way counts within one
/// session alone.
pub(crate) const OF_ITS_OWN: &str = "setsid";

/// The password of every user.
pub(crate) const PASSWORD: &str = "a long enough password";

/// Any will do: zeros, in hexadecimal.
const MASTER_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Limits answer what lies behind them, and here that is measured.
const LIMITS: [(&str, &str); 6] = [
    ("PASSWORD_GUESSES_PER_HOUR", "10000"),
    ("PARTNER_GUESSES_PER_MINUTE", "1000000"),
    ("NODE_GUESSES_PER_MINUTE", "1000000"),
    ("CODE_PAUSE", "0s"),
    ("PARTNER_SENDS_PER_MINUTE", "1000000"),
    ("NODE_SENDS_PER_MINUTE", "1000000"),
];

/// A program that listens, and runs until this is dropped.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    /// Where it tells about itself, if it does.
    pub(crate) private: Option<SocketAddr>,
    running: Running,
}

impl Process {
    /// Starts it. Its first line of output is JSON and says where it listens.
    pub(crate) fn start(mut command: Command) -> Result<Self, Error> {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let started = Running::start(&mut command);
        let mut running =
            started.map_err(|error| format!("{command:?} does not start: {error}"))?;
        let mut line = String::new();
        if let Some(output) = running.output() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let printed: Value = serde_json::from_str(&line).map_err(|_| {
            format!("{command:?} ended before it listened; run it by hand to see why")
        })?;
        let private = printed["private_listen"].as_str();
        Ok(Self {
            address: printed["listen"].as_str().unwrap_or_default().parse()?,
            private: private.map(str::parse).transpose()?,
            running,
        })
    }

    /// What the system calls it.
    pub(crate) fn id(&self) -> u32 {
        self.running.id()
    }

    /// Kills it at once: it finishes nothing that it has begun.
    pub(crate) fn kill(mut self) -> Result<(), Error> {
        kill_process(self.running.process(), Signal::KILL)?;
        self.running.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(&mut self) -> Result<(), Error> {
        kill_process(self.running.process(), Signal::TERM)?;
        let ended = self.running.wait()?;
        if !ended.success() {
            return Err(format!("the server ended with {ended}").into());
        }
        Ok(())
    }
}

/// A folder of a server's own, deleted with it.
pub(crate) struct Home {
    binary: PathBuf,
    folder: TempDir,
}

impl Home {
    /// Makes a folder with these users in its database.
    pub(crate) fn new(
        binary: &Path,
        users: impl IntoIterator<Item = Value>,
    ) -> Result<Self, Error> {
        let binary = binary
            .canonicalize()
            .map_err(|error| format!("{} cannot be measured: {error}", binary.display()))?;
        let home = Self {
            binary,
            folder: tempfile::tempdir()?,
        };
        let file = File::create(home.folder.path().join("users.jsonl"))?;
        let mut file = BufWriter::new(file);
        for user in users {
            writeln!(file, "{user}")?;
        }
        file.into_inner()?;
        home.run(&["user", "import", "users.jsonl", "--proved"])?;
        fs::remove_file(home.folder.path().join("users.jsonl"))?;
        Ok(home)
    }

    /// The same in another folder. Nobody may serve this one meanwhile.
    pub(crate) fn copy(&self) -> Result<Self, Error> {
        let copy = Self {
            binary: self.binary.clone(),
            folder: tempfile::tempdir()?,
        };
        fs::create_dir(copy.data())?;
        for file in fs::read_dir(self.data())? {
            let file = file?;
            fs::copy(file.path(), copy.data().join(file.file_name()))?;
        }
        Ok(copy)
    }

    /// Its database, open beside the commands and the server.
    pub(crate) fn store(&self) -> Result<Store, Error> {
        let database = self.data().join("countersign.db");
        Ok(Store::open_sqlite(&database, Migrate::OnlyNew)?)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("countersign-data")
    }

    /// The program that serves it.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// Runs a command there; what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, Error> {
        let mut command = self.command(&[]);
        let output = command.args(arguments).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            let command = arguments.join(" ");
            return Err(format!("`countersign {command}` failed: {}", output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    }

    /// Serves with these settings beside wide limits.
    pub(crate) fn serve(&self, settings: &[(&str, &str)]) -> Result<Process, Error> {
        self.serve_under(&[], settings)
    }

    /// Serves as [`Home::serve`] does, under another program: its name and arguments stand
    /// before the server's.
    pub(crate) fn serve_under(
        &self,
        before: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<Process, Error> {
        let mut serve = self.command(before);
        serve.args(["serve", "--json", "--listen", "127.0.0.1:0"]);
        serve.args(["--private-listen", "127.0.0.1:0"]);
        serve.envs(LIMITS.map(|(limit, value)| (format!("COUNTERSIGN_LIMITS_{limit}"), value)));
        serve.envs(settings.iter().copied());
        Process::start(serve)
    }

    fn command(&self, before: &[&str]) -> Command {
        let mut command = under(before, &self.binary);
        command.current_dir(self.folder.path()).env_clear();
        command.env("COUNTERSIGN_MASTER_KEY", MASTER_KEY);
        // For what runs it: the server does not look at it.
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command
    }
}

/// This program, or another one that runs it.
pub(crate) fn under(before: &[&str], program: &Path) -> Command {
    match before {
        [] => Command::new(program),
        [other, arguments @ ..] => {
            let mut command = Command::new(other);
            command.args(arguments).arg(program);
            command
        }
    }
}

/// The key that the sealing keys of every home are wrapped with: [`MASTER_KEY`].
pub(crate) fn master_key() -> MasterKey {
    MasterKey::new(&Secret::new([0; KEY_BYTES]))
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    // Stopped before its folder is deleted.
    process: Process,
    _home: Home,
}

impl Server {
    /// Imports these users, and serves with these settings beside wide limits.
    pub(crate) fn start(
        binary: &Path,
        users: impl IntoIterator<Item = Value>,
        settings: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let home = Home::new(binary, users)?;
        Ok(Self {
            process: home.serve(settings)?,
            _home: home,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.process.address
    }
}

/// A hash of [`PASSWORD`] at the costs that hold by default.
pub(crate) fn password_hash() -> Result<String, Error> {
    Hashing::new()?.hash()
}

/// Hashes [`PASSWORD`] as the server does, in process.
pub(crate) struct Hashing {
    passwords: Passwords,
    runtime: tokio::runtime::Runtime,
}

impl Hashing {
    /// At the costs that hold by default, one at a time.
    pub(crate) fn new() -> Result<Self, Error> {
        let cost = PasswordCost {
            memory_kib: 47_104,
            iterations: 1,
            threads: 1,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        Ok(Self {
            passwords: Passwords::new(cost, Arc::new(SystemEntropy::default()))?,
            runtime,
        })
    }

    /// A hash.
    pub(crate) fn hash(&self) -> Result<String, Error> {
        let password = Password::present(&Secret::new(PASSWORD.to_owned()));
        let password = password.ok_or("it is short enough")?;
        let hash = self.runtime.block_on(self.passwords.hash(password));
        Ok(hash.map_err(|_| "the machine is too busy to hash one password")?)
    }
}

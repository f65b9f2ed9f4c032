//! Where things are, and how programs are run there.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;

/// The source tree, and where cargo builds it.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    cargo: OsString,
}

impl Workspace {
    /// Finds the tree that this program was built from.
    pub(crate) fn find() -> Outcome<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().ok_or("xtask is in no workspace")?;
        // This very program is TARGET/debug/xtask, wherever the settings of cargo put TARGET.
        // Asked at the start: a build may replace the program while it runs.
        let program = env::current_exe().map_err(|error| format!("cannot find itself: {error}"))?;
        let target = program
            .ancestors()
            .nth(2)
            .ok_or("xtask is in no target folder")?;
        Ok(Self {
            root: root.to_owned(),
            target: target.to_owned(),
            cargo: env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        })
    }

    /// A file of the source tree.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A file among what cargo builds.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target.join(name)
    }

    /// Cargo with these arguments, ready to run at the root.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.program(&self.cargo);
        command.args(arguments);
        command
    }

    /// A program, ready to run at the root.
    pub(crate) fn program(&self, name: impl Into<OsString>) -> Command {
        let mut command = Command::new(name.into());
        command.current_dir(&self.root);
        command
    }
}

/// Runs a command that must succeed, after showing it. Its output is left as it is.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = shown(command);
    eprintln!("$ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed: {status}")),
        Err(error) => Err(format!("`{shown}` does not start: {error}")),
    }
}

/// Runs a command that must succeed, and returns what it writes to standard output.
pub(crate) fn output(command: &mut Command) -> Outcome<Vec<u8>> {
    let shown = shown(command);
    eprintln!("$ {shown}");
    match command.stderr(Stdio::inherit()).output() {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(output) => Err(format!("`{shown}` failed: {}", output.status)),
        Err(error) => Err(format!("`{shown}` does not start: {error}")),
    }
}

/// What a program answers to `--version`, if there is such a program.
pub(crate) fn version(mut command: Command) -> Option<String> {
    let output = command
        .arg("--version")
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    // Cargo is known by its path; its name says as much.
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

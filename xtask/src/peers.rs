//! `cargo xtask peers`: other authentication servers, installed and measured beside Countersign.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::{Workspace, run};
use crate::{Outcome, debian, measure, tools};

/// Where they are kept, among what cargo builds.
const KEPT: &str = "tools/peers";
/// Where their applications are, in the source tree.
const APPLICATIONS: &str = "bench/peers";
/// In a peer's folder: why it could not be installed. Whoever measures reads it.
const LEFT_OUT: &str = "left-out";
/// In a peer's folder: what was installed, as it was asked for.
const INSTALLED: &str = "installed";

/// A peer: its name, where it is from, the file that says which versions, and how they are
/// installed into a folder.
type Peer = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Workspace, &Path, &Path) -> Outcome,
);

const PEERS: [Peer; 4] = [
    ("better-auth", "npm", "package-lock.json", npm),
    ("oidc-provider", "npm", "package-lock.json", npm),
    ("django-allauth", "PyPI", "requirements.txt", pip),
    ("glewlwyd", "Debian", "packages.txt", unpack),
];

/// Installs what is missing, builds the release binary and measures all of them; writes
/// `docs/benchmarks/peers.md`.
pub(crate) fn all(workspace: &Workspace, arguments: &[String]) -> Outcome {
    if measure::asks_for_help(arguments) {
        return measure::peers(workspace, arguments);
    }
    tools::for_peers(workspace)?;
    for peer in PEERS {
        install(workspace, peer)?;
    }
    let kept = workspace.built(KEPT).display().to_string();
    let arguments = [&["--tools".to_owned(), kept], arguments].concat();
    measure::peers(workspace, &arguments)
}

/// Installs a peer, or notes why that cannot be: the others are measured all the same.
fn install(workspace: &Workspace, (name, registry, versions, install): Peer) -> Outcome {
    let into = workspace.built(KEPT).join(name);
    let application = workspace.path(APPLICATIONS).join(name);
    let unwritable = |error| format!("cannot write into {}: {error}", into.display());
    let wanted = application.join(versions);
    let wanted_text = fs::read_to_string(&wanted)
        .map_err(|error| format!("cannot read {}: {error}", wanted.display()))?;
    let [left_out, installed] = [LEFT_OUT, INSTALLED].map(|file| into.join(file));
    if fs::read_to_string(&installed).ok().as_ref() != Some(&wanted_text) {
        remove(&into).map_err(unwritable)?;
    }
    fs::create_dir_all(&into).map_err(unwritable)?;
    copy(&application, &into).map_err(unwritable)?;
    remove(&left_out).map_err(unwritable)?;
    if installed.exists() {
        return Ok(());
    }
    match install(workspace, &into.join(versions), &into) {
        Ok(()) => fs::write(&installed, wanted_text).map_err(unwritable),
        Err(why) => {
            eprintln!("{name} is left out: {why}");
            // It goes onto a page, and folders of this machine do not.
            let why = format!("could not be installed from {registry}");
            fs::write(&left_out, why).map_err(unwritable)
        }
    }
}

/// The packages of npm's that the lock file has.
fn npm(workspace: &Workspace, _: &Path, into: &Path) -> Outcome {
    let mut npm = workspace.program("npm");
    npm.args(["ci", "--no-fund", "--no-audit"]);
    run(npm.current_dir(into))
}

/// The packages of PyPI's that the list has, in a virtual environment.
fn pip(workspace: &Workspace, list: &Path, into: &Path) -> Outcome {
    let python = tools::virtual_environment(workspace, &into.join("venv"))?;
    let install = ["-m", "pip", "install", "--quiet", "--no-deps"];
    let mut pip = workspace.program(python);
    run(pip.args(install).arg("--requirement").arg(list))
}

/// Debian's packages that the list has, and those that they need.
fn unpack(workspace: &Workspace, list: &Path, into: &Path) -> Outcome {
    let list = fs::read_to_string(list).map_err(|error| error.to_string())?;
    let packages: Vec<_> = list.split_whitespace().collect();
    debian::unpack_with_dependencies(workspace, &packages, into)
}

/// Copies the files of a folder, hidden ones too. There are no folders in it.
fn copy(from: &Path, into: &Path) -> std::io::Result<()> {
    for file in fs::read_dir(from)? {
        let file: PathBuf = file?.path();
        if let Some(name) = file.file_name() {
            fs::copy(&file, into.join(name))?;
        }
    }
    Ok(())
}

/// Removes a file or a folder, if it is there.
fn remove(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)
    } else if path.exists() {
        fs::remove_file(path)
    } else {
        Ok(())
    }
}

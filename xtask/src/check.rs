//! `cargo xtask check`: everything about the source that needs no test.

use crate::workspace::{Workspace, run};
use crate::{Outcome, browser, openapi, tools};

/// Runs all checks, quick ones first, and stops at the first that fails.
pub(crate) fn all(workspace: &Workspace, _: &[String]) -> Outcome {
    tools::rust_components(workspace)?;
    run(&mut workspace.cargo(["fmt", "--all", "--check"]))?;
    browser::check(workspace)?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked"];
    run(workspace.cargo(clippy).args(["--", "--deny", "warnings"]))?;
    let cargo_deny = tools::cargo_deny(workspace)?;
    let deny = ["bans", "licenses", "sources"];
    let quieter = ["check", "--hide-inclusion-graph"];
    run(workspace.program(cargo_deny).args(quieter).args(deny))?;
    run(&mut config_reference(workspace))?;
    openapi::check(workspace)
}

/// `cargo xtask config`: the test that compares the reference rewrites it when told to.
pub(crate) fn write_config_reference(workspace: &Workspace, _: &[String]) -> Outcome {
    run(config_reference(workspace).env("UPDATE_DOCS", "1"))
}

fn config_reference(workspace: &Workspace) -> std::process::Command {
    let package = ["test", "--quiet", "--package", "countersign"];
    let mut command = workspace.cargo(package);
    command.args(["--bin", "countersign", "config::reference"]);
    command.env_remove("UPDATE_DOCS");
    command
}

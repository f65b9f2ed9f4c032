//! The API's description, which the server makes from its own code.

use std::fs;

use crate::Outcome;
use crate::workspace::{Workspace, output};

const FILE: &str = "docs/openapi.json";

/// `cargo xtask openapi`: writes it.
pub(crate) fn write(workspace: &Workspace, _: &[String]) -> Outcome {
    let made = made(workspace)?;
    let path = workspace.path(FILE);
    fs::write(path, made).map_err(|error| format!("cannot write {FILE}: {error}"))
}

/// Compares the committed file with what the code makes now.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let made = made(workspace)?;
    let committed = fs::read(workspace.path(FILE))
        .map_err(|error| format!("cannot read {FILE}: {error}; `cargo xtask openapi` makes it"))?;
    if committed == made {
        Ok(())
    } else {
        Err(format!("{FILE} is stale; run `cargo xtask openapi`"))
    }
}

fn made(workspace: &Workspace) -> Outcome<Vec<u8>> {
    let run = ["run", "--quiet", "--package", "countersign"];
    let made = output(workspace.cargo(run).args(["--", "openapi"]))?;
    if made.is_empty() {
        return Err("`countersign openapi` printed nothing".to_owned());
    }
    Ok(made)
}

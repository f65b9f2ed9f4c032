//! `cargo xtask bench`, `on-sale`, `peers`, `overload` and `time`: what is claimed of the release
//! binary, measured.

use crate::workspace::{Workspace, run};
use crate::{Outcome, tools};

/// How fast it is beside what the machine allows; writes `docs/benchmarks`.
pub(crate) fn bench(workspace: &Workspace, arguments: &[String]) -> Outcome {
    if !asks_for_help(arguments) {
        tools::for_bench(workspace)?;
    }
    measure(workspace, "report", arguments)
}

/// The minutes around the start of a sale; writes `docs/benchmarks/on-sale-day`, and fails where
/// anything is answered wrong or lost.
pub(crate) fn on_sale(workspace: &Workspace, arguments: &[String]) -> Outcome {
    measure(workspace, "on-sale", arguments)
}

/// Other servers beside it, as far as they are installed; writes `docs/benchmarks/peers.md`.
pub(crate) fn peers(workspace: &Workspace, arguments: &[String]) -> Outcome {
    measure(workspace, "peers", arguments)
}

/// What a flood of log-ins does to those who are signed in; fails where verifying becomes slow.
pub(crate) fn overload(workspace: &Workspace, arguments: &[String]) -> Outcome {
    measure(workspace, "overload", arguments)
}

/// Whether known identities are told from unknown ones by time; fails where they are.
pub(crate) fn time(workspace: &Workspace, arguments: &[String]) -> Outcome {
    measure(workspace, "time", arguments)
}

/// Whether it is asked what a command can be told. Who measures says so; nothing is installed or
/// built for it that measuring needs.
pub(crate) fn asks_for_help(arguments: &[String]) -> bool {
    arguments
        .iter()
        .any(|it| ["--help", "-h"].contains(&it.as_str()))
}

fn measure(workspace: &Workspace, what: &str, arguments: &[String]) -> Outcome {
    if asks_for_help(arguments) {
        let bench = [
            "run",
            "--package",
            "countersign-bench",
            "--",
            what,
            "--help",
        ];
        return run(&mut workspace.cargo(bench));
    }
    let packages = ["--package", "countersign", "--package", "countersign-bench"];
    run(workspace.cargo(["build", "--release"]).args(packages))?;
    let mut bench = workspace.program(workspace.built("release/countersign-bench"));
    bench.args([what, "--binary"]);
    bench.arg(workspace.built("release/countersign"));
    run(bench.args(arguments))
}

//! Where and how it was measured.

use std::fmt::Write;

use super::super::Results;
use super::super::counted::Counting;
use super::super::plan::{CONNECTIONS, Plan};

/// All that somebody needs who measures it again.
pub(super) fn machine(results: &Results) -> String {
    let (machine, plan) = (&results.machine, &results.plan);
    let mut lines = String::from("\n## Machine\n\n");
    let mut line = |name: &str, value: String| {
        // Writing into a text does not fail.
        let _ = writeln!(lines, "- {name}: {value}");
    };
    line("date", machine.date.clone());
    line("commit", machine.commit.clone());
    line(
        "processor",
        format!("{}, {} cores", machine.processor, machine.cores),
    );
    line("memory", format!("{} MiB", machine.memory_mib));
    line("kernel", machine.kernel.clone());
    line("compiler", machine.rustc.clone());
    line("wrk", machine.wrk.clone());
    line("load before the run", format!("{:.2}", machine.load));
    line("cores", cores(plan));
    line("command", format!("`{}`", command(plan)));
    match &results.counting {
        Counting::Done { valgrind } => line("valgrind", valgrind.clone()),
        Counting::NotAvailable { why } => line("counts", format!("not available: {why}")),
        Counting::NotChosen => {}
    }
    line(
        "turns",
        format!(
            "{} of {} s each, {CONNECTIONS} connections, answers of {} bytes; {} of 1 s for latencies",
            plan.turns, plan.seconds, results.answer_bytes, plan.latencies
        ),
    );
    lines
}

fn cores(plan: &Plan) -> String {
    let (server, load) = (plan.server_core, plan.load_core);
    if plan.shares_a_core() {
        return format!(
            "servers and load share core {server}, the only one: the ratios are flattered by what \
             the load takes from both"
        );
    }
    format!("servers on core {server}, load on core {load}")
}

fn command(plan: &Plan) -> String {
    format!(
        "cargo xtask bench --turns {} --seconds {} --latencies {} --users {} --sessions {} --revocations {} --rows {}",
        plan.turns,
        plan.seconds,
        plan.latencies,
        plan.users,
        plan.sessions,
        plan.revocations,
        plan.rows.join(",")
    )
}

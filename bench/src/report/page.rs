//! The report for people, `README.md`, and for programs, `results.json`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::Results;
use super::claims::{Claim, Target, Unit};
use super::counted::{Counting, Counts};
use super::flame::{self, Flames};
use super::plan::{CONNECTIONS, Plan};
use super::side::{Latency, Side};
use super::statistics::{Measured, median};
use super::turns;
use crate::Error;

/// How it was measured: what a reader needs to judge the figures.
const METHOD: &str = include_str!("method.md");

/// Writes both.
pub(super) fn write(results: &Results) -> Result<(), Error> {
    let out = &results.plan.out;
    let written = fs::create_dir_all(out)
        .and_then(|()| fs::write(out.join("README.md"), page(results)))
        .and_then(|()| save(&out.join("results.json"), results));
    written.map_err(|error| {
        let out = out.display();
        format!("the report cannot be written to {out}: {error}; choose another folder with --out")
            .into()
    })
}

fn save(file: &Path, results: &Results) -> std::io::Result<()> {
    let mut json = serde_json::to_string_pretty(results)?;
    json.push('\n');
    fs::write(file, json)
}

/// A claim in a line of its own.
pub(super) fn line(claim: &Claim) -> String {
    let [target, measured, spread] = figures(claim);
    let met = met(claim);
    format!(
        "{} / {}: {measured} ({spread}), claimed {target}: {met}",
        claim.what, claim.against
    )
}

fn page(results: &Results) -> String {
    let mut page = "# Benchmarks\n\nHow fast Countersign is beside what the machine allows, \
                    measured in one run. `cargo xtask bench` writes this page.\n\n"
        .to_owned();
    page.push_str(
        "| work | against | claimed | measured | spread | |\n|---|---|---|---|---|---|\n",
    );
    for claim in &results.claims {
        let [target, measured, spread] = figures(claim);
        let (what, against) = (&claim.what, claim.against);
        let met = match claim.reason().filter(|_| !claim.is_met()) {
            Some(record) => format!("**not met**, [why](../decisions/{record})"),
            None => met(claim).to_owned(),
        };
        let row = format!("| {what} | {against} | {target} | {measured} | {spread} | {met} |\n");
        page.push_str(&row);
    }
    if !results.http.is_empty() {
        page.push_str("\n![Requests a second](ratios.svg)\n\n## Requests\n\n");
        page.push_str(&requests(&results.http));
        page.push_str("\n![Latencies](latencies.svg)\n");
        page.push_str(&counts(&results.http));
    }
    page.push_str(&flames(results));
    page.push_str(&others(results));
    page.push_str(&machine(results));
    page.push('\n');
    page.push_str(METHOD);
    page
}

/// Of each row Countersign's figure, then hyper's.
fn requests(rows: &[turns::Measured]) -> String {
    let mut table =
        "| work | requests/s | CPU, µs a request | server busy | offered/s | p50, ms | \
                     p99, ms | client late, ms |\n|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for row in rows {
        let both = |of: &dyn Fn(&Side) -> String| {
            let (subject, baseline) = (of(&row.subject), of(&row.baseline));
            format!("{subject} / {baseline}")
        };
        let rate = both(&|side| format!("{:.0}", median(&side.rates())));
        let cpu = both(&|side| format!("{:.1}", median(&side.cpu_micros())));
        let busy = both(&|side| format!("{:.0} %", side.busy() * 100.0));
        let p50 = both(&|side| format!("{:.3}", median(&side.p50()) / 1000.0));
        let p99 = both(&|side| format!("{:.3}", median(&side.p99()) / 1000.0));
        let late = both(&|side| format!("{:.3}", median(&side.lag()) / 1000.0));
        let (what, offered) = (row.what, row.offered);
        table.push_str(&format!(
            "| {what} | {rate} | {cpu} | {busy} | {offered} | {p50} | {p99} | {late} |\n"
        ));
    }
    table.push_str("\nOf each Countersign's figure, then hyper's; medians of the turns.\n");
    table
}

/// What is counted of each request; nothing where nothing was.
fn counts(rows: &[turns::Measured]) -> String {
    let counted = |side: &Side, of: fn(Counts) -> f64| {
        let counts = side.counted.map(|counts| format!("{:.0}", of(counts)));
        counts.unwrap_or_else(|| "–".to_owned())
    };
    let mut table = String::new();
    for row in rows.iter().filter(|row| row.subject.counted.is_some()) {
        let both = |of: fn(Counts) -> f64| {
            let (subject, baseline) = (counted(&row.subject, of), counted(&row.baseline, of));
            format!("{subject} / {baseline}")
        };
        table.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            row.what,
            both(|counts| counts.instructions),
            both(|counts| counts.allocations),
            both(|counts| counts.bytes)
        ));
    }
    if table.is_empty() {
        return table;
    }
    format!(
        "\n## Counts\n\nWhat one request takes, counted and not timed: the figures to watch \
         for regressions.\n\n| work | instructions | allocations | bytes allocated \
         |\n|---|---|---|---|\n{table}"
    )
}

/// Where the time goes; nothing where nobody looked.
fn flames(results: &Results) -> String {
    let seen = match &results.flames {
        Flames::NotChosen => return String::new(),
        Flames::NotAvailable { why } => format!("Not to be seen on this machine: {why}.\n"),
        Flames::Drawn => {
            let rows = results.http.iter();
            let rows = rows.filter(|row| flame::ROWS.contains(&row.name));
            let rows = rows.map(|row| {
                let file = flame::file(row.name);
                format!(
                    "\n### {}\n\n![Flame graph of {}]({file})\n",
                    row.what, row.name
                )
            });
            format!(
                "How wide a function is says in how many samples it was found, itself or in what \
                 it called; what it called is above it. Most of what is not ours is the kernel's \
                 TCP, which hyper alone pays for too.\n{}",
                rows.collect::<String>()
            )
        }
    };
    format!("\n## Where the time goes\n\n{seen}")
}

/// Figures in their own units, where a claim is a ratio of them.
fn others(results: &Results) -> String {
    let mut lines = String::new();
    if let Some(log_ins) = &results.log_ins {
        let p99 = |turns: &[Latency]| {
            let p99: Vec<_> = turns.iter().map(|turn| turn.p99_micros / 1000.0).collect();
            median(&p99)
        };
        lines.push_str(&format!(
            "- Log-ins: {:.1} a second, where {:.1} hashes a second were computed in process. \
             Verifying took {:.2} ms at p99 meanwhile, {:.2} ms idle.\n",
            median(&log_ins.log_ins),
            median(&log_ins.hashes),
            p99(&log_ins.meanwhile),
            p99(&log_ins.idle)
        ));
    }
    if let Some(opening) = &results.token {
        lines.push_str(&format!(
            "- Opening a session token: {:.0} ns, the bare cipher on its {} bytes {:.0} ns.\n",
            median(&opening.token),
            opening.bytes,
            median(&opening.cipher)
        ));
    }
    if let Some(sessions) = &results.sessions {
        let ([before, after], each) = (sessions.resident, sessions.bytes_each());
        lines.push_str(&format!(
            "- Of {} sessions the server issued {} itself, and had {before:.1} MiB before and \
             {after:.1} MiB after that: {each:.2} bytes each. The other {} were sealed beside \
             it, by the same code with its key.\n",
            sessions.issued(),
            sessions.exchanged,
            sessions.sealed
        ));
    }
    if let Some(revocations) = &results.revocations {
        let [without, with] = revocations.resident;
        lines.push_str(&format!(
            "- {} live revocations were loaded within {:.0} ms of a start. The server had \
             {with:.1} MiB with them, {without:.1} MiB without.\n",
            revocations.live, revocations.loaded_millis
        ));
    }
    if let Some(start) = &results.start {
        let of = start.memory.iter().map(|memory| memory.proportional);
        lines.push_str(&format!(
            "- Idle memory is what is resident; its proportional part (PSS) is {:.1} MiB. {} users \
             were in the database.\n",
            median(&of.collect::<Vec<_>>()),
            results.plan.users
        ));
    }
    if lines.is_empty() {
        lines
    } else {
        format!("\n## Others\n\n{lines}")
    }
}

fn machine(results: &Results) -> String {
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
            "{} of {} s each, {CONNECTIONS} connections, answers of {} bytes",
            plan.turns, plan.seconds, results.answer_bytes
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
        "cargo xtask bench --turns {} --seconds {} --users {} --sessions {} --revocations {} --rows {}",
        plan.turns,
        plan.seconds,
        plan.users,
        plan.sessions,
        plan.revocations,
        plan.rows.join(",")
    )
}

/// Target, figure and spread.
fn figures(claim: &Claim) -> [String; 3] {
    let unit = |value: f64| match claim.unit {
        Unit::Ratio => format!("{value:.2}"),
        Unit::Millis => format!("{value:.1} ms"),
        Unit::Mib => format!("{value:.1} MiB"),
        Unit::Bytes => format!("{value:.1} B"),
    };
    let Measured { value, least, most } = claim.measured;
    let target = match claim.target {
        Target::AtLeast(least) => format!("≥ {}", unit(least)),
        Target::AtMost(most) => format!("≤ {}", unit(most)),
    };
    [
        target,
        unit(value),
        format!("{} – {}", unit(least), unit(most)),
    ]
}

fn met(claim: &Claim) -> &'static str {
    if claim.is_met() { "met" } else { "**not met**" }
}

#[cfg(test)]
mod tests;

//! The page for people, `peers.md`, and for programs, `peers.json`.

use std::fs;

use super::measure::Row;
use super::peer::About;
use super::plan::{CONNECTIONS, LOGGING_IN, NAMES, Plan};
use super::start::Starts;
use super::{LeftOut, Results};
use crate::Error;
use crate::report::process::Memory;
use crate::report::statistics::{Measured, median};

/// How it was measured: what a reader needs to judge the figures.
const METHOD: &str = include_str!("method.md");
/// Where there is no figure.
const NONE: &str = "–";

/// Writes both.
pub(super) fn write(results: &Results) -> Result<(), Error> {
    let out = &results.plan.out;
    let mut json = serde_json::to_string_pretty(results)?;
    json.push('\n');
    let written = fs::create_dir_all(out)
        .and_then(|()| fs::write(out.join("peers.md"), page(results)))
        .and_then(|()| fs::write(out.join("peers.json"), json));
    written.map_err(|error| {
        let out = out.display();
        format!("the page cannot be written to {out}: {error}; choose another folder with --out")
            .into()
    })
}

fn page(results: &Results) -> String {
    let mut page = format!(
        "# Beside other servers\n\nOther authentication servers and Countersign, measured in one \
         run on one machine. `cargo xtask peers` writes this page.\n\n{}",
        table(results)
    );
    page.push_str("\n## How long answers take\n\n");
    page.push_str(&latencies(&results.rows));
    page.push_str("\n## Who they are, and what they do\n\n");
    page.push_str(&about(&results.countersign.about));
    let rows = results.rows.iter();
    page.extend(rows.map(|row| about(&row.about)));
    page.push_str(&left_out(&results.left_out));
    page.push_str(&machine(results));
    page.push('\n');
    page.push_str(METHOD);
    page
}

/// A line for each, Countersign's first.
pub(super) fn table(results: &Results) -> String {
    let mut table =
        "| server | verified/s | Countersign ÷ it | spread | sees a revocation at once \
                     | log-ins/s | Countersign ÷ it | idle memory, MiB | start, ms |\n\
                     |---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    let mut line = |cells: [String; 9]| {
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    };
    let own = &results.countersign;
    let rates = pooled(&results.rows, |row| row.beside.rates());
    let log_ins = pooled(&results.rows, |row| {
        let log_ins = row.log_ins.iter();
        log_ins.flat_map(|log_ins| log_ins.beside.clone()).collect()
    });
    let [memory, start] = idle(&own.starts);
    line([
        format!("**{}**", own.about.name),
        rate(&rates),
        NONE.to_owned(),
        NONE.to_owned(),
        yes(own.sees_revocation),
        log_in_rate(&log_ins),
        NONE.to_owned(),
        memory,
        start,
    ]);
    for row in &results.rows {
        let rates = row.verify.rates();
        let ratio = Measured::ratio(&row.beside.rates(), &rates);
        let log_ins = row.log_ins.as_ref();
        let log_in_ratio = log_ins.map(|log_ins| {
            let ratio = Measured::ratio(&log_ins.beside, &log_ins.peer);
            times(ratio.value)
        });
        let [memory, start] = idle(&row.starts);
        line([
            row.about.name.to_owned(),
            rate(&rates),
            times(ratio.value),
            format!("{} – {}", times(ratio.least), times(ratio.most)),
            yes(row.sees_revocation),
            log_in_rate(log_ins.map_or(&[], |log_ins| &log_ins.peer)),
            log_in_ratio.unwrap_or_else(|| NONE.to_owned()),
            memory,
            start,
        ]);
    }
    table.push_str(
        "\nMedians of the turns. Idle memory is resident, then proportional (PSS), of all \
         processes. Countersign's own figures are medians of its turns beside everybody.\n",
    );
    table
}

/// Countersign's figures of all turns, beside whomever.
fn pooled(rows: &[Row], of: impl Fn(&Row) -> Vec<f64>) -> Vec<f64> {
    rows.iter().flat_map(of).collect()
}

fn rate(turns: &[f64]) -> String {
    if turns.is_empty() {
        return NONE.to_owned();
    }
    format!("{:.0}", median(turns))
}

fn log_in_rate(turns: &[f64]) -> String {
    if turns.is_empty() {
        return NONE.to_owned();
    }
    format!("{:.1}", median(turns))
}

/// A ratio, with as many digits as it is good for.
fn times(ratio: f64) -> String {
    if ratio < 10.0 {
        format!("{ratio:.2}")
    } else {
        format!("{ratio:.0}")
    }
}

fn yes(seen: Option<bool>) -> String {
    let said = match seen {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => NONE,
    };
    said.to_owned()
}

/// Memory and the time of a start.
fn idle(starts: &Starts) -> [String; 2] {
    let of = |part: fn(&Memory) -> f64| {
        let parts: Vec<_> = starts.memory.iter().map(part).collect();
        median(&parts)
    };
    let (resident, proportional) = (
        of(|memory| memory.resident),
        of(|memory| memory.proportional),
    );
    [
        format!("{resident:.1} / {proportional:.1}"),
        format!("{:.0}", median(&starts.millis)),
    ]
}

fn latencies(rows: &[Row]) -> String {
    let mut table =
        "| server | offered/s | its p50, ms | p99, ms | Countersign's p50, ms | p99, ms \
                     | its CPU, µs a request | Countersign's | core busy, it / Countersign |\n\
                     |---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for row in rows {
        let millis = |micros: Vec<f64>| format!("{:.2}", median(&micros) / 1000.0);
        let (verify, beside) = (&row.verify, &row.beside);
        table.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {:.0} | {:.0} | {:.0} % / {:.0} % |\n",
            row.about.name,
            row.offered,
            millis(verify.p50()),
            millis(verify.p99()),
            millis(beside.p50()),
            millis(beside.p99()),
            median(&verify.cpu_micros()),
            median(&beside.cpu_micros()),
            verify.busy() * 100.0,
            beside.busy() * 100.0
        ));
    }
    table.push_str(
        "\nBoth are offered the same number of requests a second: half of what the slower of them \
         can do, and 20,000 at most. CPU time and how busy the core was are those of the turns \
         above, in which as much was asked as was answered. Where the core is clearly below \
         100 %, wrk was the limit, and CPU time is the better figure.\n",
    );
    table
}

fn about(about: &About) -> String {
    let About {
        name,
        version,
        configuration,
        verify,
        log_in,
    } = about;
    format!(
        "- **{name}** {version}\n  - configuration: {configuration}\n  - verifying: {verify}\n  \
         - log-in: {log_in}\n"
    )
}

fn left_out(left_out: &[LeftOut]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    let mut lines = "\nLeft out in this run:\n\n".to_owned();
    for LeftOut { name, why } in left_out {
        lines.push_str(&format!("- {name}: {why}\n"));
    }
    lines
}

fn machine(results: &Results) -> String {
    let (machine, plan) = (&results.machine, &results.plan);
    let shared = if plan.shares_a_core() {
        ", the only one: the load takes time from all"
    } else {
        ""
    };
    format!(
        "\n## Machine\n\n\
         - date: {}\n\
         - commit: {}\n\
         - processor: {}, {} cores\n\
         - memory: {} MiB\n\
         - kernel: {}\n\
         - compiler: {}\n\
         - wrk: {}\n\
         - load before the run: {:.2}\n\
         - cores: servers on core {}, load on core {}{shared}\n\
         - command: `{}`\n\
         - turns: {} of {} s each, {CONNECTIONS} connections; log-ins over {LOGGING_IN} \
         connections\n",
        machine.date,
        machine.commit,
        machine.processor,
        machine.cores,
        machine.memory_mib,
        machine.kernel,
        machine.rustc,
        machine.wrk,
        machine.load,
        plan.server_core,
        plan.load_core,
        command(plan),
        plan.turns,
        plan.seconds,
    )
}

fn command(plan: &Plan) -> String {
    let mut command = format!(
        "cargo xtask peers --turns {} --seconds {} --log-in-seconds {}",
        plan.turns, plan.seconds, plan.log_in_seconds
    );
    if plan.peers != NAMES {
        command.push_str(&format!(" --peers {}", plan.peers.join(",")));
    }
    command
}

#[cfg(test)]
mod tests;

//! What was asked over HTTP: figures in their own units, counts, and where the time goes.

use super::super::Results;
use super::super::counted::Counts;
use super::super::flame::{self, Flames};
use super::super::side::Side;
use super::super::statistics::median;
use super::super::turns;

/// Of each row Countersign's figure, then hyper's.
pub(super) fn requests(rows: &[turns::Measured]) -> String {
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
pub(super) fn counts(rows: &[turns::Measured]) -> String {
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
pub(super) fn flames(results: &Results) -> String {
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

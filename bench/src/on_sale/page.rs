//! The page for people, `README.md`, and the figures for programs, `results.json`.

use std::fmt::Write;
use std::fs;

use super::operation::Operation;
use super::results::{Results, Series};
use super::tally::{Count, Outcome};
use crate::Error;

/// What a reader needs to judge the figures.
const METHOD: &str = include_str!("method.md");

/// Writes both.
pub(super) fn write(results: &Results) -> Result<(), Error> {
    let out = &results.plan.out;
    let json = serde_json::to_string(results)?;
    let written = fs::create_dir_all(out)
        .and_then(|()| fs::write(out.join("README.md"), page(results)))
        .and_then(|()| fs::write(out.join("results.json"), json + "\n"));
    written.map_err(|error| {
        let out = out.display();
        format!("the report cannot be written to {out}: {error}; choose another folder with --out")
            .into()
    })
}

/// What came out, in a few lines.
pub(super) fn summary(results: &Results) -> String {
    let sum = |of: fn(&Series) -> u64| results.operations.iter().map(of).sum::<u64>();
    let asked = results.checked.iter().map(|checked| checked.asked);
    let forgotten: usize = results.checked.iter().map(|checked| checked.failed).sum();
    let mut summary = format!(
        "- Answered wrong: {}. Not answered: {}. Forgotten over the crash: {forgotten} of {}.\n",
        sum(|series| series.wrong),
        sum(|series| series.lost),
        asked.sum::<usize>(),
    );
    if let Some([quiet, peak]) = results.verify() {
        let ratio = peak / quiet;
        summary.push_str(&format!(
            "- Verifying at the peak: p99 {peak:.2} ms, {ratio:.1} times the {quiet:.2} ms while it \
             was quiet (medians over the seconds). Told to come back: {} of {}.\n",
            results.of(Operation::Verify).parts.whole.of(Outcome::Shed),
            results.of(Operation::Verify).parts.whole.offered,
        ));
    }
    let away = sum(|series| series.turned_away);
    summary.push_str(&format!("- People who gave up after ten tries: {away}.\n"));
    summary
}

fn page(results: &Results) -> String {
    let mut page = format!(
        "# The on-sale day\n\nA minute before the doors open a mail goes out, and everything rises \
         tenfold within that minute: requests to the application, log-ins with passwords and codes, \
         people whom a partner sends, and bots. `cargo xtask on-sale` plays it against the release \
         build with the embedded database, and writes this page.\n\n{}",
        summary(results)
    );
    page.push_str("\n![Requests](requests.svg)\n\n## People\n\n");
    page.push_str(&people(results));
    page.push_str("\n![Latencies](latencies.svg)\n\n## Bots\n\n");
    page.push_str(&bots(results));
    page.push_str("\n![Told to come back, and refused](shed.svg)\n\n");
    page.push_str(SHED);
    page.push_str(
        "\n## The server\n\n![Memory, and what waits](server.svg)\n\n## After the crash\n\n",
    );
    page.push_str(&checked(results));
    page.push_str(&machine(results));
    page.push('\n');
    page.push_str(METHOD);
    page
}

/// Why anything is shed.
const SHED: &str = "Passwords are what one core cannot compute fast enough: bots and people together \
ask for more than it can hash. Those who come when the queue is full are told to come back within a \
second. Devices that were here before have a queue of their own, so strangers, bots among them, do \
not shut them out. See [running](../../operate/running.md#many-log-ins-at-once).\n";

fn rate(count: u64, seconds: f64) -> String {
    format!("{:.1}", count as f64 / seconds)
}

fn millis(count: &Count, share: f64) -> String {
    let millis = count.millis(share);
    millis.map_or_else(|| "–".to_owned(), |millis| format!("{millis:.2}"))
}

fn people(results: &Results) -> String {
    let day = results.plan.day;
    let mut table =
        "| | asked/s, quiet | at the peak | p50, ms, quiet | at the peak | p99, ms, quiet | \
                     at the peak | told to come back | turned away | wrong or lost |\n\
                     |---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for operation in Operation::PEOPLE.into_iter().chain([Operation::Load]) {
        let series = results.of(operation);
        let parts = &series.parts;
        let row = format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            series.name,
            rate(parts.quiet.offered, day.quiet),
            rate(parts.peak.offered, day.peak),
            millis(&parts.quiet, 0.5),
            millis(&parts.peak, 0.5),
            millis(&parts.quiet, 0.99),
            millis(&parts.peak, 0.99),
            parts.whole.of(Outcome::Shed),
            series.turned_away,
            series.wrong + series.lost,
        );
        table.push_str(&row);
    }
    table
}

fn bots(results: &Results) -> String {
    let mut table =
        "| | asked/s, at the peak | in all | refused | told to come back | served, below \
                     the limits | wrong | unfinished |\n|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for operation in Operation::BOTS {
        let series = results.of(operation);
        let (whole, peak) = (&series.parts.whole, &series.parts.peak);
        let row = format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            series.name,
            rate(peak.offered, results.plan.day.peak),
            whole.offered,
            whole.of(Outcome::Refused),
            whole.of(Outcome::Shed),
            whole.of(Outcome::Served),
            series.wrong + series.lost,
            whole.of(Outcome::Cut),
        );
        table.push_str(&row);
    }
    table
}

fn checked(results: &Results) -> String {
    let mut table = format!(
        "The server was killed while it answered, and listened again after {:.0} ms.\n\n\
         | what must hold | asked | does not hold |\n|---|---|---|\n",
        results.restart
    );
    for checked in &results.checked {
        let (what, asked, failed) = (checked.what, checked.asked, checked.failed);
        table.push_str(&format!("| {what} | {asked} | {failed} |\n"));
    }
    table
}

fn machine(results: &Results) -> String {
    let (machine, plan, capacity) = (&results.machine, &results.plan, results.capacity);
    let mut lines = String::from("\n## Machine\n\n");
    let mut line = |name: &str, value: String| {
        // Writing into a text does not fail.
        let _ = writeln!(lines, "- {name}: {value}");
    };
    line("date", machine.date.clone());
    line("commit", machine.commit.clone());
    line("processor", machine.processor.clone());
    line("kernel", machine.kernel.clone());
    line("load before the run", machine.load.clone());
    let (server, load) = (plan.server_core, plan.load_core);
    line(
        "cores",
        format!("server on core {server}, load on core {load}"),
    );
    line("command", format!("`{}`", plan.command()));
    line(
        "what it can do",
        format!(
            "{:.0} verifications a second, of which {} % come at the peak; {:.1} hashes a second",
            capacity.verify, plan.verify_percent, capacity.hashes
        ),
    );
    let (users, devices) = (plan.users, plan.devices);
    line(
        "users",
        format!("{users}, of whom {devices} were signed in before"),
    );
    lines
}

//! The report for people, `README.md`, and for programs, `results.json`.

mod http;
mod machine;
mod others;

use std::fs;
use std::path::Path;

use http::{counts, flames, requests};
use machine::machine;
use others::others;

use super::Results;
use super::claims::{Claim, Target, Unit};
use super::statistics::Measured;
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
        let met = verdict(claim, claim.reason());
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

/// Whether a claim is met, and if not, where it says why that stays.
fn verdict(claim: &Claim, reason: Option<&str>) -> String {
    match reason.filter(|_| !claim.is_met()) {
        Some(record) => format!("{}, [why](../decisions/{record})", met(claim)),
        None => met(claim).to_owned(),
    }
}

fn met(claim: &Claim) -> &'static str {
    if claim.is_met() { "met" } else { "**not met**" }
}

#[cfg(test)]
mod tests;

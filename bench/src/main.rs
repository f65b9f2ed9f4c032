//! Loads and simulations: what is claimed of Countersign, measured.

mod arguments;
mod connection;
mod mail;
mod on_sale;
mod open_loop;
mod overload;
mod priority;
mod report;
mod server;
mod sms;
mod time;
mod users;

use std::process::ExitCode;

/// Why a measurement failed, for a person to read.
type Error = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "Usage: countersign-bench COMMAND

  report    how fast it is, beside what the machine allows; writes docs/benchmarks
  baseline  what the machine allows: the server that the report compares with
  peers     other authentication servers beside it; writes docs/benchmarks/peers.md
  overload  what verifying takes while log-ins flood the server
  on-sale   the minutes around the start of a sale; writes docs/benchmarks/on-sale-day
  sms       what SMS cost under attack
  time      whether time tells known identities from others";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let done = match arguments.first().map(String::as_str) {
        Some("report") => report::run(rest),
        Some("baseline") => report::baseline::run(rest),
        Some("peers") => report::peers::run(rest),
        Some("overload") => overload::run(rest),
        Some("on-sale") => on_sale::run(rest),
        Some("sms") => sms::run(),
        Some("time") => time::run(rest),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

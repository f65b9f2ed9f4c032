//! Loads and simulations: what is claimed of Countersign, measured.

mod connection;
mod mail;
mod on_sale;
mod open_loop;
mod overload;
mod priority;
mod report;
mod running;
mod server;
mod sms;
mod time;
mod users;

use std::process::ExitCode;

use clap::Parser;

/// Why a measurement failed, for a person to read.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// Measure what is claimed of Countersign
#[derive(Parser)]
#[command(name = "countersign-bench", args_override_self = true)]
enum Command {
    Report(report::Arguments),
    Baseline(report::baseline::Arguments),
    Peers(report::peers::Arguments),
    Overload(overload::Arguments),
    OnSale(on_sale::Arguments),
    /// What SMS cost under attack
    Sms,
    Time(time::Arguments),
}

fn main() -> ExitCode {
    let command = Command::parse();
    let ended = running::unless_interrupted(|| run(command));
    ended.unwrap_or_else(|error| failed(&error))
}

fn run(command: Command) -> ExitCode {
    let done = match command {
        Command::Report(arguments) => report::run(arguments),
        Command::Baseline(arguments) => report::baseline::run(&arguments),
        Command::Peers(arguments) => report::peers::run(arguments),
        Command::Overload(arguments) => overload::run(&arguments),
        Command::OnSale(arguments) => on_sale::run(arguments),
        Command::Sms => sms::run(),
        Command::Time(arguments) => time::run(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

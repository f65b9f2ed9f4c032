//! Loads and simulations: what is claimed of Countersign, measured.

mod overload;

use std::process::ExitCode;

/// Why a measurement failed, for a person to read.
type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let done = match arguments.first().map(String::as_str) {
        Some("overload") => overload::run(rest),
        _ => Err("Usage: countersign-bench overload".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

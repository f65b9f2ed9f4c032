//! Loads and simulations: what is claimed of Countersign, measured.

use std::process::ExitCode;

mod sms;

fn main() -> ExitCode {
    let held = match std::env::args().nth(1).as_deref() {
        Some("sms") => sms::run(),
        _ => {
            println!("Usage: countersign-bench COMMAND\n\n  sms  what SMS cost under attack");
            return ExitCode::from(2);
        }
    };
    if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

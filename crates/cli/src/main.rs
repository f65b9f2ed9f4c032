//! The binary `countersign`: the server, and what an operator does from a shell.

mod arguments;
mod commands;
mod config;
mod dev;
mod logging;
mod nearest;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

/// Why a command failed, for a person to read.
type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.global.json;
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if json => {
            eprintln!("{}", serde_json::json!({ "error": error.to_string() }));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

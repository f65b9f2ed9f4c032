//! Countersign's development commands: `cargo xtask help`.

mod browser;
mod check;
mod debian;
mod measure;
mod openapi;
mod peers;
mod test;
mod tools;
mod workspace;

use std::env;
use std::process::ExitCode;

use workspace::Workspace;

/// What a command comes to: nothing, or what to tell the person who ran it.
type Outcome<T = ()> = Result<T, String>;

/// A command: its name, what it does, and the doing.
type Command = (
    &'static str,
    &'static str,
    fn(&Workspace, &[String]) -> Outcome,
);

const COMMANDS: [Command; 12] = [
    (
        "test",
        "install what the tests need, build the release binary, run all tests, those in the\n\
         browser too; with arguments, run only `cargo test --workspace ARGUMENTS`",
        test::all,
    ),
    (
        "browser",
        "install what the browser tests need, build their stage, and run them, or those that\n\
         the arguments choose, such as `login-force` or `--grep \"two tabs\"`",
        browser::all,
    ),
    (
        "screenshots",
        "lay pictures of all pages on sheets in `target/screenshots`, or of those that the\n\
         arguments name, and let axe look at each",
        browser::screenshots,
    ),
    (
        "check",
        "formatting, lints, licences and sources of dependencies, generated files",
        check::all,
    ),
    (
        "bench",
        "build the release binary and measure it beside what the machine allows, into\n\
         `docs/benchmarks`; `--quick` for a first look, `--rows verify,mint` for some, `--out DIR`",
        measure::bench,
    ),
    (
        "on-sale",
        "build the release binary and play the day on which a sale opens, with people and bots,\n\
         into `docs/benchmarks/on-sale-day`; `--quick` for a first look, `--out DIR`",
        measure::on_sale,
    ),
    (
        "peers",
        "install other authentication servers, build the release binary and measure it beside\n\
         them, into `docs/benchmarks/peers.md`; `--quick`, `--peers better-auth,glewlwyd`, `--out DIR`",
        peers::all,
    ),
    (
        "overload",
        "build the release binary, flood it with log-ins and measure what verifying takes",
        measure::overload,
    ),
    (
        "time",
        "build the release binary and measure whether time tells known identities from others",
        measure::time,
    ),
    (
        "tools",
        "install what the tests need beside Rust",
        tools::all,
    ),
    (
        "openapi",
        "rewrite docs/openapi.json from the code",
        openapi::write,
    ),
    (
        "config",
        "rewrite the configuration reference and its schema from the code",
        check::write_config_reference,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome {
    let (name, rest) = match arguments {
        [] => ("help", arguments),
        [name, rest @ ..] => (name.as_str(), rest),
    };
    if ["help", "--help", "-h"].contains(&name) {
        println!("{}", help());
        return Ok(());
    }
    let command = COMMANDS.iter().find(|(known, ..)| *known == name);
    let Some((.., command)) = command else {
        return Err(format!("there is no command {name:?}\n\n{}", help()));
    };
    command(&Workspace::find()?, rest)
}

fn help() -> String {
    let mut help = "Usage: cargo xtask COMMAND\n".to_owned();
    for (name, what, _) in COMMANDS {
        let what = what.replace('\n', "\n              ");
        help.push_str(&format!("\n  {name:<11} {what}"));
    }
    help
}

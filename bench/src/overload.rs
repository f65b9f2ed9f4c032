//! A flood of log-ins, and what those who are signed in notice of it.
//!
//! The real server runs on this machine. Sessions are verified at a fixed rate. First the server is
//! idle otherwise, then it is flooded.

mod flood;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::Error;
use crate::connection::request;
use crate::open_loop::{self, Latencies, Load, Wait};
use crate::server::Server;
use crate::users;

use flood::Flood;

/// What must hold: 99 of 100 verifications take less.
const MOST: Duration = Duration::from_millis(50);

/// Users there are.
const USERS: u64 = 500;

/// What verifying takes while log-ins flood the server.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The program that is measured.
    #[arg(long)]
    binary: PathBuf,
    /// Connections that log in, each as fast as it is answered.
    #[arg(long, default_value = "128")]
    connections: usize,
    /// Verifications a second.
    #[arg(long, default_value = "200", value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Seconds without log-ins.
    #[arg(long, default_value = "10")]
    idle: u32,
    /// Seconds of the flood.
    #[arg(long, default_value = "30")]
    seconds: u32,
}

/// Measures, prints, and fails where [`MOST`] does not hold.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let [idle, flooded] =
        [arguments.idle, arguments.seconds].map(|it| Duration::from_secs(it.into()));
    let server = Server::start(&arguments.binary, users::all(USERS)?, &[])?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let signed_in = runtime.block_on(users::sign_in(server.address()))?;
    let bearer = format!("Bearer {}", signed_in.session);
    let headers = [("authorization", bearer.as_str())];
    let verify: Arc<[u8]> = request("POST", "/v1/sessions/verify", headers, "").into();
    let verify = |time| {
        let load = Load {
            address: server.address(),
            rate: arguments.rate,
            time,
            wait: Wait::Sleep,
            status: 200,
        };
        open_loop::measure(load, || Arc::clone(&verify))
    };

    let before = runtime.block_on(verify(idle))?;
    let flood = Flood::start(server.address(), arguments.connections)?;
    let meanwhile = runtime.block_on(verify(flooded))?;
    let answers = flood.stop();

    println!(
        "verify, {} a second, {} connections log in meanwhile",
        arguments.rate, arguments.connections
    );
    print("idle", &before);
    print("flooded", &meanwhile);
    print_answers(&answers, flooded);
    judge(&meanwhile, &answers)
}

fn print(name: &str, latencies: &Latencies) {
    let at = |share| latencies.at(share).as_secs_f64() * 1000.0;
    println!(
        "  {name:<8} p50 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms   {} answers, {} others",
        at(0.50),
        at(0.99),
        at(1.0),
        latencies.good(),
        latencies.others,
    );
}

fn print_answers(answers: &BTreeMap<u16, u64>, time: Duration) {
    println!("log-ins, a second:");
    for (status, count) in answers {
        let what = match status {
            201 => "signed in",
            401 => "refused",
            429 => "limited",
            503 => "told to come back",
            0 => "connections lost",
            _ => "other",
        };
        let each_second = (*count as f64) / time.as_secs_f64();
        println!("  {status:>3} {what:<18} {each_second:>9.1}");
    }
}

fn judge(flooded: &Latencies, answers: &BTreeMap<u16, u64>) -> Result<(), Error> {
    let p99 = flooded.at(0.99);
    if flooded.others > 0 {
        return Err(format!(
            "{} verifications were not answered with 200",
            flooded.others
        )
        .into());
    }
    let stray = answers
        .keys()
        .find(|status| ![201, 401, 429, 503].contains(*status));
    if let Some(status) = stray {
        return Err(format!("a log-in was answered with {status}").into());
    }
    if !answers.contains_key(&503) {
        return Err("nothing was told to come back: this was no flood".into());
    }
    if p99 >= MOST {
        return Err(format!("p99 is {p99:?}, and must be below {MOST:?}").into());
    }
    Ok(())
}

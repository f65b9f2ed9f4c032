//! A flood of log-ins, and what those who are signed in notice of it.
//!
//! The real server runs on this machine. Sessions are verified at a fixed rate. First the server is
//! idle otherwise, then it is flooded.

mod flood;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::arguments::Arguments;
use crate::connection::request;
use crate::open_loop::{self, Latencies, Load, Wait};
use crate::server::Server;
use crate::users;

use flood::Flood;

/// What must hold: 99 of 100 verifications take less.
const MOST: Duration = Duration::from_millis(50);

/// Users there are.
const USERS: u64 = 500;

/// How hard, and how long.
struct Plan {
    binary: PathBuf,
    /// Connections that log in, each as fast as it is answered.
    connections: usize,
    /// Verifications a second.
    rate: u32,
    idle: Duration,
    flooded: Duration,
}

/// Measures, prints, and fails where [`MOST`] does not hold.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let plan = plan(arguments)?;
    let server = Server::start(&plan.binary, users::all(USERS)?, &[])?;
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
            rate: plan.rate,
            time,
            wait: Wait::Sleep,
            status: 200,
        };
        open_loop::measure(load, || Arc::clone(&verify))
    };

    let idle = runtime.block_on(verify(plan.idle))?;
    let flood = Flood::start(server.address(), plan.connections)?;
    let flooded = runtime.block_on(verify(plan.flooded))?;
    let answers = flood.stop();

    println!(
        "verify, {} a second, {} connections log in meanwhile",
        plan.rate, plan.connections
    );
    print("idle", &idle);
    print("flooded", &flooded);
    print_answers(&answers, plan.flooded);
    judge(&flooded, &answers)
}

fn plan(arguments: &[String]) -> Result<Plan, Error> {
    let defaults = [
        ("--connections", "128"),
        ("--rate", "200"),
        ("--idle", "10"),
        ("--seconds", "30"),
    ];
    let arguments = Arguments::read(arguments, defaults)?;
    let seconds = |name| Ok::<_, Error>(Duration::from_secs(arguments.number(name)?.into()));
    Ok(Plan {
        binary: arguments.binary()?,
        connections: arguments.number("--connections")?.try_into()?,
        rate: arguments.number("--rate")?.max(1),
        idle: seconds("--idle")?,
        flooded: seconds("--seconds")?,
    })
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

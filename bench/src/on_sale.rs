//! The on-sale day: a minute before the doors open a mail goes out, and everything rises tenfold.
//!
//! The real server runs on one core, and is asked from another: by people who verify, log in,
//! come from a partner and sign out, and by bots. Each request is timed from when it was due. At
//! the end of the day the server is killed and started again, and everything that it acknowledged
//! is asked for once more.

mod after;
mod arrival;
mod ask;
mod bots;
mod browser;
mod charts;
mod day;
mod ledger;
mod machine;
mod operation;
mod page;
mod people;
mod plan;
mod play;
mod plot;
mod results;
mod stage;
mod tally;
mod venue;
mod watch;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use tokio::net::TcpListener;

use crate::Error;
use crate::mail;
use crate::priority::keep_to;

use arrival::Capacity;
use ask::Asker;
use day::Arrivals;
use machine::Machine;
use operation::Operation;
pub(crate) use plan::Arguments;
use plan::Plan;
use results::{Results, Series};
use stage::Stage;
use tally::Tally;
use venue::{Ready, Venue};

/// One-time tokens that are kept over the crash.
const SPARE: u64 = 100;

/// Plays it, and writes the report. Fails where anything was answered wrong, or lost.
pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    let plan = Plan::of(arguments)?;
    let machine = Machine::look();
    keep_to(plan.load_core)?;
    let results = play(plan, machine)?;
    page::write(&results)?;
    plot::write(&results)?;
    print!("{}", page::summary(&results));
    println!("The report is in {}.", results.plan.out.display());
    results
        .trouble()
        .map_or(Ok(()), |trouble| Err(trouble.into()))
}

fn play(plan: Plan, machine: Machine) -> Result<Results, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mails = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    eprintln!("{} users are imported", plan.users);
    let stage = Stage::set(&plan, mails.local_addr()?.port())?;
    let process = stage.start()?;
    let time = Duration::from_secs(if plan.quick { 1 } else { 3 });
    let hashes = stage.hashes(time)?;
    let (venue, capacity, rates, looks) = runtime.block_on(async {
        let ready = ready(&plan, &stage, process.address).await?;
        let verify = stage::saturate(process.address, &ready.devices[0], time).await?;
        let capacity = Capacity { verify, hashes };
        eprintln!("the day takes {} s", plan.day.end());
        let tally = Tally::begin(plan.day.end() as usize);
        let asker = Asker::new(process.address, tally);
        let venue = Arc::new(Venue::new(asker, ready, plan.users));
        let waiting = Arc::clone(&venue);
        tokio::spawn(mail::serve(mails, move |mail| waiting.deliver(mail)));
        let rates = arrival::rates(capacity, plan.verify_percent);
        let arrivals = Arrivals::new(plan.day, &rates, plan.seed.into());
        let looks = play::play(&venue, process, plan.day, arrivals).await?;
        Ok::<_, Error>((venue, capacity, rates, looks))
    })?;
    eprintln!("the server was killed; all that it acknowledged is asked for again");
    let begun = SystemClock.uptime();
    let mut process = stage.start()?;
    let restart = SystemClock.uptime().saturating_sub(begun);
    let checked = runtime.block_on(after::check(&venue, process.address))?;
    process.stop()?;
    let tally = &venue.asker.tally;
    let series = |operation| Series::of(operation, tally, &plan);
    Ok(Results {
        machine,
        capacity,
        rates: rates.to_vec(),
        operations: Operation::ALL.map(series).into(),
        looks,
        restart: restart.as_secs_f64() * 1000.0,
        checked,
        faults: tally.faults(),
        plan,
    })
}

async fn ready(plan: &Plan, stage: &Stage, address: SocketAddr) -> Result<Ready, Error> {
    eprintln!("{} of them are signed in", plan.devices);
    Ok(Ready {
        key: stage.key.clone(),
        devices: stage::sign_in(address, &stage.key, plan.devices).await?,
        spare: stage::spare(address, &stage.key, SPARE).await?,
    })
}

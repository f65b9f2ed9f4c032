//! How fast Countersign is, beside what the machine allows.
//!
//! One run starts both servers on one core, a minimal one of hyper and the real one, and asks them
//! in turns from another. All that is claimed is a ratio within the run: what a machine does
//! beside it, and how fast it is today, meets both.

pub(crate) mod baseline;
mod claims;
mod instructions;
mod log_ins;
mod machine;
mod page;
pub(crate) mod peers;
mod plan;
mod plot;
mod process;
mod request;
mod rows;
mod side;
mod start;
mod statistics;
mod subject;
mod token;
mod turns;
mod wrk;

use std::process::Command;

use serde::Serialize;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Error;
use crate::connection::Connection;
use crate::priority::{cores, keep_to, on_core};
use crate::server::Process;

use claims::Claim;
use instructions::Instructions;
use machine::Machine;
use plan::{LOG_IN, Plan, START, TOKEN};
use subject::Subject;

/// Everything that a row needs.
struct Stage {
    plan: Plan,
    runtime: Runtime,
    baseline: Process,
    subject: Subject,
    instructions: Instructions,
    /// For what wrk and others read.
    folder: TempDir,
}

/// All that came out, as it is written into `results.json`.
#[derive(Serialize)]
struct Results {
    machine: Machine,
    plan: Plan,
    claims: Vec<Claim>,
    /// Bytes of the baseline's answer, as many as those of a verified session.
    answer_bytes: usize,
    instructions: Instructions,
    http: Vec<turns::Measured>,
    log_ins: Option<log_ins::LogIns>,
    token: Option<token::Opening>,
    start: Option<start::Start>,
}

/// Measures, and writes the report. Fails where a row has errors in it, not where a claim is not
/// met: the report says that.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let plan = Plan::read(arguments)?;
    let machine = Machine::look(cores()?.len())?;
    // With it keeps wrk, which this starts.
    keep_to(plan.load_core)?;
    let results = measure(plan, machine)?;
    for claim in &results.claims {
        println!("{}", page::line(claim));
    }
    page::write(&results)?;
    plot::write(&results)?;
    println!("The report is in {}.", results.plan.out.display());
    Ok(())
}

fn measure(plan: Plan, machine: Machine) -> Result<Results, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    eprintln!("{} users are imported", plan.users);
    let subject = Subject::embedded(&plan.binary, plan.users, plan.server_core, &runtime)?;
    let answer_bytes = runtime.block_on(answer_bytes(&subject))?;
    let stage = Stage {
        baseline: on_core(plan.server_core, || start_baseline(answer_bytes))?,
        instructions: instructions::available(),
        folder: tempfile::tempdir()?,
        plan,
        runtime,
        subject,
    };
    let mut http = Vec::new();
    for row in rows::all(&stage.subject) {
        if stage.plan.has(row.name) {
            eprintln!("{}", row.name);
            http.push(turns::measure(&stage, &row)?);
        }
    }
    let other = |row| {
        let chosen = stage.plan.has(row);
        if chosen {
            eprintln!("{row}");
        }
        chosen
    };
    let log_ins = other(LOG_IN)
        .then(|| log_ins::measure(&stage))
        .transpose()?;
    let token = other(TOKEN)
        .then(|| token::measure(stage.plan.turns))
        .transpose()?;
    let starts = other(START);
    let mut results = Results {
        machine,
        claims: Vec::new(),
        answer_bytes,
        instructions: stage.instructions.clone(),
        http,
        log_ins,
        token,
        plan: stage.plan.clone(),
        start: starts.then(|| start::measure(stage)).transpose()?,
    };
    results.claims = claims::all(&results);
    Ok(results)
}

/// How long the answer of a verified session is.
async fn answer_bytes(subject: &Subject) -> Result<usize, Error> {
    let localhost = std::net::Ipv4Addr::LOCALHOST.into();
    let mut connection = Connection::open(localhost, subject.process.address).await?;
    let answer = connection.send(&subject.verify().wire(None)).await?;
    Ok(answer.body.len())
}

/// This very program, as the baseline.
fn start_baseline(answer_bytes: usize) -> Result<Process, Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["baseline", "--bytes", &answer_bytes.to_string()]);
    Process::start(command)
}

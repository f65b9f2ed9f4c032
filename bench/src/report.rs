//! How fast Countersign is, beside what the machine allows.
//!
//! One run starts both servers on one core, a minimal one of hyper and the real one, and asks them
//! in turns from another. All that is claimed is a ratio within the run: what a machine does
//! beside it, and how fast it is today, meets both.

pub(crate) mod baseline;
mod claims;
mod counted;
mod flame;
mod itself;
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

use serde::Serialize;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Error;
use crate::connection::Connection;
use crate::priority::{cores, keep_to, on_core};
use crate::server::{OF_ITS_OWN, Process, under};

use claims::Claim;
use counted::Counting;
use flame::Flames;
use machine::Machine;
pub(crate) use plan::Arguments;
use plan::{COUNTS, FLAMES, LOG_IN, Plan, REVOCATIONS, SESSIONS, START, TOKEN};
use subject::{Installation, Subject};

/// Everything that a row needs.
struct Stage {
    plan: Plan,
    runtime: Runtime,
    baseline: Process,
    subject: Subject,
    /// The subject's installation once more, as it was in the beginning.
    twin: Installation,
    flames: Flames,
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
    counting: Counting,
    flames: Flames,
    http: Vec<turns::Measured>,
    log_ins: Option<log_ins::LogIns>,
    token: Option<token::Opening>,
    sessions: Option<itself::sessions::Sessions>,
    revocations: Option<itself::revocations::Revocations>,
    start: Option<start::Start>,
}

/// Measures, and writes the report. Fails where a row has errors in it, not where a claim is not
/// met: the report says that.
pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    let plan = Plan::of(arguments)?;
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
    let mut stage = stage(plan, runtime)?;
    let answer_bytes = stage.runtime.block_on(answer_bytes(&stage.subject))?;
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
    let counting = if other(COUNTS) {
        counted::measure(&stage, &mut http)?
    } else {
        Counting::NotChosen
    };
    // What follows serves its installation anew.
    stage.subject.process.stop()?;
    let sessions = other(SESSIONS)
        .then(|| itself::sessions::measure(&stage))
        .transpose()?;
    let revocations = other(REVOCATIONS)
        .then(|| itself::revocations::measure(&stage))
        .transpose()?;
    let start = other(START).then(|| start::measure(&stage)).transpose()?;
    let mut results = Results {
        machine,
        claims: Vec::new(),
        answer_bytes,
        counting,
        flames: stage.flames,
        http,
        log_ins,
        token,
        sessions,
        revocations,
        start,
        plan: stage.plan,
    };
    results.claims = claims::all(&results);
    Ok(results)
}

/// Starts both servers.
fn stage(plan: Plan, runtime: Runtime) -> Result<Stage, Error> {
    eprintln!("{} users are imported", plan.users);
    let installation = Installation::embedded(&plan.binary, plan.users)?;
    let twin = installation.copy()?;
    // What was written so far would be brought to the disk in the middle of a turn.
    rustix::fs::sync();
    let subject = installation.serve(&[OF_ITS_OWN], plan.server_core, &runtime)?;
    let answer_bytes = runtime.block_on(answer_bytes(&subject))?;
    Ok(Stage {
        baseline: on_core(plan.server_core, || {
            baseline_under(&[OF_ITS_OWN], answer_bytes)
        })?,
        flames: if plan.has(FLAMES) {
            flame::available()
        } else {
            Flames::NotChosen
        },
        folder: tempfile::tempdir()?,
        plan,
        runtime,
        subject,
        twin,
    })
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
    baseline_under(&[], answer_bytes)
}

/// The same under another program.
fn baseline_under(before: &[&str], answer_bytes: usize) -> Result<Process, Error> {
    let mut command = under(before, &std::env::current_exe()?);
    command.args(["baseline", "--bytes", &answer_bytes.to_string()]);
    Process::start(command)
}

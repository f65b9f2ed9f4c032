//! Other authentication servers beside Countersign, in one run on one machine.
//!
//! Each is asked for what it has that comes closest to verifying a session, and for a log-in with
//! a password, in turns with Countersign. `cargo xtask peers` installs them before.

mod better_auth;
mod client;
mod countersign;
mod django_allauth;
mod glewlwyd;
mod hyper;
mod installed;
mod measure;
mod oidc_provider;
mod page;
mod peer;
mod plan;
mod program;
mod start;

use serde::Serialize;

use super::machine::Machine;
use crate::Error;
use crate::priority::{cores, keep_to};

use countersign::Countersign;
use measure::{Row, Stage};
use peer::{About, Peer};
pub(crate) use plan::Arguments;
use plan::Plan;
use start::Starts;

/// All that came out, as it is written into `peers.json`.
#[derive(Serialize)]
struct Results {
    machine: Machine,
    plan: Plan,
    countersign: Own,
    rows: Vec<Row>,
    left_out: Vec<LeftOut>,
}

/// What is known of Countersign beside its turns, which stand with those of the others.
#[derive(Serialize)]
struct Own {
    about: About,
    sees_revocation: Option<bool>,
    starts: Starts,
}

/// Who could not be measured here.
#[derive(Serialize)]
struct LeftOut {
    name: &'static str,
    why: String,
}

/// Measures, and writes the page. Fails where anybody answers what they should not.
pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    let plan = Plan::of(arguments)?;
    let machine = Machine::look(cores()?.len())?;
    // With it keep wrk and the client, which this starts.
    keep_to(plan.load_core)?;
    let results = measure(plan, machine)?;
    page::write(&results)?;
    println!("{}", page::table(&results));
    println!("The report is in {}.", results.plan.out.display());
    Ok(())
}

fn measure(plan: Plan, machine: Machine) -> Result<Results, Error> {
    let (peers, left_out) = peers(&plan);
    let countersign = Countersign::new(&plan.binary)?;
    let stage = Stage::new(plan)?;
    let reference = stage.begin(&countersign)?;
    let mut rows = Vec::new();
    for peer in peers {
        eprintln!("{}", peer.about().name);
        rows.push(stage.row(&*peer, &reference)?);
    }
    eprintln!("{}", countersign.about().name);
    let sees_revocation = stage.sees_revocation(&reference)?;
    Ok(Results {
        machine,
        countersign: Own {
            about: countersign.about().clone(),
            sees_revocation,
            starts: stage.starts(reference)?,
        },
        plan: stage.plan,
        rows,
        left_out,
    })
}

/// Those that are asked for and are here, and those that are not.
fn peers(plan: &Plan) -> (Vec<Box<dyn Peer>>, Vec<LeftOut>) {
    let tools = &plan.tools;
    let mut peers = Vec::new();
    let mut left_out = Vec::new();
    for name in plan::NAMES.into_iter().filter(|name| plan.has(name)) {
        match open(name, tools) {
            Ok(peer) => peers.push(peer),
            Err(why) => left_out.push(LeftOut {
                name,
                why: why.to_string(),
            }),
        }
    }
    (peers, left_out)
}

fn open(name: &str, tools: &std::path::Path) -> Result<Box<dyn Peer>, Error> {
    Ok(match name {
        plan::HYPER => Box::new(hyper::Hyper::new()),
        plan::BETTER_AUTH => Box::new(better_auth::BetterAuth::new(tools, false)?),
        plan::BETTER_AUTH_CACHE => Box::new(better_auth::BetterAuth::new(tools, true)?),
        plan::OIDC_PROVIDER => Box::new(oidc_provider::OidcProvider::new(tools)?),
        plan::DJANGO_ALLAUTH => Box::new(django_allauth::DjangoAllauth::new(tools)?),
        plan::GLEWLWYD => Box::new(glewlwyd::Glewlwyd::new(tools)?),
        _ => return Err(format!("there is no peer {name:?}").into()),
    })
}

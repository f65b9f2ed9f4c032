//! How the day is played.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::day::Day;
use crate::Error;
use crate::priority::two_cores;

/// The minutes around the start of a sale; writes docs/benchmarks/on-sale-day.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The program that is measured.
    #[arg(long)]
    binary: PathBuf,
    /// Take a first look: a short day, and a tenth of the people.
    #[arg(long)]
    quick: bool,
    /// Users in the database [default: 100000; 10000 with --quick].
    #[arg(long)]
    users: Option<u32>,
    /// How many of them are signed in before the day [default: 10000; 1000 with --quick].
    #[arg(long)]
    devices: Option<u32>,
    /// Verifications at the peak, in percent of those that saturate the server.
    #[arg(long, default_value = "10")]
    verify_percent: u32,
    /// From what chance is drawn.
    #[arg(long, default_value = "1")]
    seed: u32,
    /// Write the report into this folder.
    #[arg(long, default_value = "docs/benchmarks/on-sale-day")]
    out: PathBuf,
}

/// What is played, and where.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Plan {
    #[serde(skip)]
    pub(super) binary: PathBuf,
    /// Where the report goes.
    #[serde(skip)]
    pub(super) out: PathBuf,
    pub(super) quick: bool,
    pub(super) day: Day,
    /// Users in the database.
    pub(super) users: u64,
    /// How many of them are signed in before the day.
    pub(super) devices: u64,
    /// Verifications at the peak, of those that saturate the server.
    pub(super) verify_percent: u32,
    pub(super) seed: u32,
    /// Where the server runs, and where it is asked from.
    pub(super) server_core: usize,
    pub(super) load_core: usize,
}

impl Plan {
    pub(super) fn of(arguments: Arguments) -> Result<Self, Error> {
        let quick = arguments.quick;
        let or = |number: Option<u32>, whole: u32, short: u32| {
            number.unwrap_or(if quick { short } else { whole })
        };
        let devices = or(arguments.devices, 10_000, 1_000).max(2);
        let (server_core, load_core) = two_cores()?;
        Ok(Self {
            binary: arguments.binary,
            out: arguments.out,
            quick,
            day: if quick { Day::SHORT } else { Day::WHOLE },
            users: or(arguments.users, 100_000, 10_000).max(devices + 1).into(),
            devices: devices.into(),
            verify_percent: arguments.verify_percent.clamp(1, 100),
            seed: arguments.seed,
            server_core,
            load_core,
        })
    }

    /// As it is typed.
    pub(super) fn command(&self) -> String {
        let quick = if self.quick { " --quick" } else { "" };
        let (users, devices) = (self.users, self.devices);
        let (percent, seed) = (self.verify_percent, self.seed);
        format!(
            "cargo xtask on-sale{quick} --users {users} --devices {devices} \
             --verify-percent {percent} --seed {seed}"
        )
    }
}

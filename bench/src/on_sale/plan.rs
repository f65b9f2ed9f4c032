//! How the day is played.

use std::path::PathBuf;

use serde::Serialize;

use super::day::Day;
use crate::Error;
use crate::arguments::Arguments;
use crate::priority::cores;

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
    pub(super) fn read(arguments: &[String]) -> Result<Self, Error> {
        let quick = arguments.iter().any(|argument| argument == "--quick");
        let rest = arguments.iter().filter(|argument| *argument != "--quick");
        let [users, devices] = match quick {
            false => ["100000", "10000"],
            true => ["10000", "1000"],
        };
        let defaults = [
            ("--users", users),
            ("--devices", devices),
            ("--verify-percent", "10"),
            ("--seed", "1"),
            ("--out", "docs/benchmarks/on-sale-day"),
        ];
        let arguments = Arguments::read(&rest.cloned().collect::<Vec<_>>(), defaults)?;
        let cores = cores()?;
        let first = *cores.first().ok_or("there is no core to run on")?;
        let devices = arguments.number("--devices")?.max(2);
        Ok(Self {
            binary: arguments.binary()?,
            out: arguments.text("--out").into(),
            quick,
            day: if quick { Day::SHORT } else { Day::WHOLE },
            users: arguments.number("--users")?.max(devices + 1).into(),
            devices: devices.into(),
            verify_percent: arguments.number("--verify-percent")?.clamp(1, 100),
            seed: arguments.number("--seed")?,
            server_core: first,
            load_core: cores.get(1).copied().unwrap_or(first),
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

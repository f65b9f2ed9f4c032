//! Countersign against itself: two that differ in one thing, on one core and in turns.

pub(super) mod revocations;
pub(super) mod sessions;

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use super::Stage;
use super::side::Side;
use super::wrk::Script;
use crate::Error;
use crate::server::Process;

/// Turns for each turn of a row beside hyper: what is to be seen here is smaller.
const TURNS: u32 = 4;
/// Seconds of each.
const SECONDS: u32 = 1;

/// What came out of the turns: of one without, and of one with what makes the difference.
#[derive(Serialize)]
pub(super) struct Both {
    pub(super) without: Side,
    pub(super) with: Side,
}

/// A server, and what it is asked.
struct Asked<'a> {
    process: &'a Process,
    script: &'a Script,
}

/// Asks both in turns, and one first as often as the other.
fn in_turns(stage: &Stage, name: &str, without: Asked, with: Asked) -> Result<Both, Error> {
    let turn = |asked: &Asked| stage.turn(name, asked.script, asked.process, SECONDS);
    let mut both = Both {
        without: Side::default(),
        with: Side::default(),
    };
    for number in 0..=stage.plan.turns * TURNS {
        let (before, after) = if number % 2 == 0 {
            let before = turn(&without)?;
            (before, turn(&with)?)
        } else {
            let after = turn(&with)?;
            (turn(&without)?, after)
        };
        // The first one warms up.
        if number > 0 {
            both.without.turns.push(before);
            both.with.turns.push(after);
        }
    }
    Ok(both)
}

/// A folder for a script of its own: two are in use at once.
fn folder(stage: &Stage, name: &str) -> Result<PathBuf, Error> {
    let folder = stage.folder.path().join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

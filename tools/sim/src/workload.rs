//! What clients do in a random run.
//!
//! A few keys, so that commands meet. Registers are only read and set, each time to a new value; some keys are deleted too; counters
//! are only read and raised.

use std::time::Duration;

use circlet_core::quorum::Level;

use crate::command::{Command, What};
use crate::random::Random;

/// Clients, each with one command at a time.
pub(crate) const CLIENTS: u64 = 4;

const REGISTERS: u64 = 4;
const DELETED: u64 = 2;
const COUNTERS: u64 = 2;

/// The commands of a run's clients.
#[derive(Debug)]
pub(crate) struct Workload {
    random: Random,
    values: u64,
}

impl Workload {
    pub(crate) fn new(random: Random) -> Self {
        Self { random, values: 0 }
    }

    /// Which node is asked next, and what.
    pub(crate) fn next(&mut self, nodes: usize) -> (usize, Command) {
        let place = self.random.index(nodes);
        let number = self.random.below(REGISTERS + DELETED + COUNTERS);
        let is_read = self.random.chance(500);
        let (kind, what) = match number {
            _ if number < REGISTERS => ("r", self.set()),
            _ if number < REGISTERS + DELETED && self.random.chance(400) => ("d", What::Delete),
            _ if number < REGISTERS + DELETED => ("d", self.set()),
            _ => ("c", What::Incr(self.random.between(1, 9) as i64)),
        };
        let key = format!("{kind}{number}").into_bytes();
        let what = if is_read { What::Get } else { what };
        (place, command(key, what))
    }

    /// How long a client thinks.
    pub(crate) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.between(1, 60))
    }

    /// All keys.
    pub(crate) fn keys() -> Vec<Vec<u8>> {
        let kind = |number| match number {
            _ if number < REGISTERS => "r",
            _ if number < REGISTERS + DELETED => "d",
            _ => "c",
        };
        let names = (0..REGISTERS + DELETED + COUNTERS).map(|number| format!("{}{number}", kind(number)).into_bytes());
        names.collect()
    }

    fn set(&mut self) -> What {
        self.values += 1;
        What::Set(format!("v{}", self.values).into_bytes())
    }
}

/// A command at QUORUM.
pub(crate) fn command(key: Vec<u8>, what: What) -> Command {
    Command {
        op: 0,
        key,
        what,
        level: Level::Quorum,
    }
}

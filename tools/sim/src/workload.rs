//! What clients do in a random run.
//!
//! A few keys, so that commands meet. Registers are only read and set, each time to a new value; some keys are deleted too; counters
//! are only read and raised. The same goes for fields of two hashes that all fields share, so that changes to different fields of one
//! state meet as well; one of the hashes is sometimes deleted as a whole.

use std::time::Duration;

use circlet_core::quorum::Level;

use crate::command::{Command, What};
use crate::random::Random;

/// Clients, each with one command at a time.
pub(crate) const CLIENTS: u64 = 4;

const REGISTERS: u64 = 4;
const DELETED: u64 = 2;
const COUNTERS: u64 = 2;
/// Of the hash that is never deleted: registers, then fields that are deleted, then counters.
const FIELDS: u64 = 6;
/// Of the hash that is deleted: fields that are set and deleted.
const MORTAL_FIELDS: u64 = 2;
const HASH: &[u8] = b"h";
const MORTAL_HASH: &[u8] = b"m";

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
        if self.random.chance(400) {
            return (place, self.on_a_field());
        }
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

    fn on_a_field(&mut self) -> Command {
        let number = self.random.below(FIELDS + MORTAL_FIELDS);
        let (key, name) = field(number);
        let what = match number {
            _ if self.random.chance(400) => What::Get,
            0 | 1 => self.set(),
            4 | 5 => What::Incr(self.random.between(1, 9) as i64),
            _ if self.random.chance(300) => What::Delete,
            _ => self.set(),
        };
        if key == MORTAL_HASH && what == What::Delete && self.random.chance(500) {
            return command(key, what);
        }
        on_field(command(key, what), name)
    }

    /// How long a client thinks.
    pub(crate) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.between(1, 60))
    }

    /// A read of every place.
    pub(crate) fn reads() -> Vec<Command> {
        let keys = Self::keys().into_iter().map(|key| command(key, What::Get));
        let fields = (0..FIELDS + MORTAL_FIELDS).map(|number| {
            let (key, name) = field(number);
            on_field(command(key, What::Get), name)
        });
        keys.chain(fields).collect()
    }

    /// All keys of strings.
    fn keys() -> Vec<Vec<u8>> {
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

/// The hash and the name of a field.
fn field(number: u64) -> (Vec<u8>, Vec<u8>) {
    let hash = if number < FIELDS { HASH } else { MORTAL_HASH };
    (hash.to_vec(), format!("f{number}").into_bytes())
}

/// The same on a field of the hash under the key.
fn on_field(command: Command, name: Vec<u8>) -> Command {
    Command {
        field: Some(name.into()),
        ..command
    }
}

/// A command at QUORUM.
pub(crate) fn command(key: Vec<u8>, what: What) -> Command {
    Command {
        op: 0,
        key,
        field: None,
        what,
        level: Level::Quorum,
    }
}

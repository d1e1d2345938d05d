//! Which operation comes next: reads and writes of loaded keys, and of keys whose answers are checked.

use super::checks::{Checks, Floor};
use crate::bench::args::{Distribution, RebalanceArgs};
use circlet_measure::{Random, Zipf};

/// The exponent that most benchmarks of caches take.
const EXPONENT: f64 = 0.99;

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// GET of a loaded key.
    Read(u64),
    /// SET of a loaded key.
    Write(u64),
    /// GET of a checked key, and what it must not be older than.
    CheckRead(u32, Floor),
    /// SET or DEL of a checked key, by its number in the order of writes.
    CheckWrite(u32, u64),
}

impl Op {
    /// What a node is sent for it.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Op::Read(_) | Op::CheckRead(..) => "GET",
            Op::CheckWrite(_, number) if Checks::is_delete(number) => "DEL",
            Op::Write(_) | Op::CheckWrite(..) => "SET",
        }
    }
}

/// Draws operations.
#[derive(Debug)]
pub(crate) struct Workload {
    random: Random,
    keys: u64,
    zipf: Option<Zipf>,
    read_share: f64,
    check_share: f64,
}

impl Workload {
    pub(crate) fn new(args: &RebalanceArgs) -> Self {
        Workload {
            random: Random::new(args.seed),
            keys: args.keys,
            zipf: (args.distribution == Distribution::Zipf).then(|| Zipf::new(args.keys, EXPONENT)),
            read_share: args.read_share,
            check_share: args.check_share,
        }
    }

    /// The next operation. A checked key that is being written is only read: each has one writer.
    pub(crate) fn next(&mut self, checks: &mut Checks) -> Op {
        let (checked, read) = (
            self.random.fraction() < self.check_share,
            self.random.fraction() < self.read_share,
        );
        if checked {
            let key = self.random.below(u64::from(checks.keys())) as u32;
            return match (read, checks.begin_write(key, read)) {
                (false, Some(number)) => Op::CheckWrite(key, number),
                _ => Op::CheckRead(key, checks.floor(key)),
            };
        }
        let key = match &self.zipf {
            None => self.random.below(self.keys),
            Some(zipf) => zipf.key(&mut self.random),
        };
        if read { Op::Read(key) } else { Op::Write(key) }
    }
}

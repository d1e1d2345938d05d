//! Where operations come from: the open loop of the benchmark, or all keys once, as fast as they are answered.

use super::checks::Checks;
use super::workload::{Op, Workload};
use circlet_measure::load::Pacer;
use std::time::Instant;

/// Operations under way while keys are loaded or read back: enough to keep every node busy, few enough not to be shed.
const SWEEP_IN_FLIGHT_MAX: usize = 256;

/// A source of operations.
#[derive(Debug)]
pub(crate) enum Source {
    /// At their times, for ever.
    Paced(Pacer, Workload),
    /// Every key of a kind once: closed loop, for before and after the measurement.
    Sweep { what: Sweep, next: u64, end: u64 },
}

/// What a sweep does to each key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sweep {
    Load,
    ReadBack,
    ReadBackChecked,
}

impl Source {
    pub(crate) fn sweep(what: Sweep, keys: u64) -> Self {
        Source::Sweep {
            what,
            next: 0,
            end: keys,
        }
    }

    /// The next operation that is to be sent now, and when it was due.
    pub(crate) fn take(&mut self, now: Instant, in_flight: usize, checks: &mut Checks) -> Option<(Op, Instant)> {
        match self {
            Source::Paced(pacer, workload) => pacer.take(now).map(|due| (workload.next(checks), due)),
            Source::Sweep { next, end, .. } if *next >= *end || in_flight >= SWEEP_IN_FLIGHT_MAX => None,
            Source::Sweep { what, next, .. } => {
                let key = *next;
                *next += 1;
                let op = match what {
                    Sweep::Load => Op::Write(key),
                    Sweep::ReadBack => Op::Read(key),
                    Sweep::ReadBackChecked => Op::CheckRead(key as u32, checks.floor(key as u32)),
                };
                Some((op, now))
            }
        }
    }

    /// When there is something to send without a reply having come first.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        match self {
            Source::Paced(pacer, _) => Some(pacer.next_due()),
            Source::Sweep { .. } => None,
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self, Source::Sweep { next, end, .. } if next >= end)
    }
}

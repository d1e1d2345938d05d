//! What a run came to.

use std::any::Any;
use std::fmt;

use crate::command::Reply;
use crate::world::World;

/// The figures of one run, and what it broke.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed, or the name of the scenario.
    pub name: String,
    /// The hash of everything that happened.
    pub trace_hash: u64,
    /// How many lines the trace has.
    pub trace_lines: u64,
    /// The trace, if it was to be kept.
    pub trace_text: String,
    /// Virtual time, in milliseconds.
    pub virtual_ms: u64,
    /// Commands that were answered with a value or acknowledged.
    pub operations: usize,
    /// Reads among them that two owners' votes made count.
    pub voted: u64,
    /// Commands that were refused: nothing changed.
    pub refused: usize,
    /// Writes of which nobody knows the outcome.
    pub unknown: usize,
    /// Partitions, pauses, crashes and the like.
    pub faults: u64,
    /// Crashes, each with loss of memory, among them.
    pub crashes: u64,
    /// Messages that were lost, and doubled.
    pub lost_and_doubled: (u64, u64),
    /// What was violated, a line each. Empty: the run passed.
    pub violations: Vec<String>,
}

impl Report {
    pub(crate) fn of(name: String, world: World, more_violations: Vec<String>) -> Self {
        let mut violations = world.violations;
        violations.extend(more_violations);
        let history = &world.history;
        Self {
            name,
            trace_hash: world.trace.hash(),
            trace_lines: world.trace.lines(),
            virtual_ms: world.now.as_nanos() / 1_000_000,
            operations: history.count(|reply| matches!(reply, Reply::Value(_) | Reply::Done(_))),
            voted: world.voted,
            refused: history.count(|reply| matches!(reply, Reply::Refused(_))),
            unknown: history.count(|reply| matches!(reply, Reply::Unknown(_))),
            faults: world.faults,
            crashes: world.crashes,
            lost_and_doubled: (world.network.lost, world.network.doubled),
            violations,
            trace_text: world.trace.into_text(),
        }
    }

    /// Of a run that did not come to its end, because an assertion failed.
    #[must_use]
    pub fn of_panic(name: String, panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?");
        Self {
            name,
            trace_hash: 0,
            trace_lines: 0,
            trace_text: String::new(),
            virtual_ms: 0,
            operations: 0,
            voted: 0,
            refused: 0,
            unknown: 0,
            faults: 0,
            crashes: 0,
            lost_and_doubled: (0, 0),
            violations: vec![format!("panicked: {text}")],
        }
    }

    /// Whether every promise was kept.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_passed() { "passed" } else { "FAILED" };
        let (lost, doubled) = self.lost_and_doubled;
        writeln!(
            formatter,
            "{} {verdict}: {} operations, {} refused, {} unknown; {} faults ({} crashes), {lost} messages lost, {doubled} doubled; {} virtual ms",
            self.name, self.operations, self.refused, self.unknown, self.faults, self.crashes, self.virtual_ms,
        )?;
        for violation in &self.violations {
            writeln!(formatter, "  {violation}")?;
        }
        write!(
            formatter,
            "trace {:016x} of {} lines",
            self.trace_hash, self.trace_lines
        )
    }
}

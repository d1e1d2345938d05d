//! The sections of the report, in its order: one a line of the budgets, or several that are measured together.

mod at_rest;
mod cpu;
mod failover;
mod forward;
mod idle_connection;
mod memory;
mod micro;
mod placement;
mod quorum;
mod replicated_set;
mod throughput;
mod types;

use super::lab::Lab;
use super::report::Findings;
use crate::error::{Error, Result};
use crate::servers::Server;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Section {
    /// One node: CPU per operation and p99.
    Cpu,
    /// One node: counters, hashes, sorted sets and lists beside strings.
    Types,
    /// One node, nothing pinned: operations a second.
    Throughput,
    /// Resident bytes an entry.
    Memory,
    /// Three nodes: CPU of all nodes per SET.
    ReplicatedSet,
    /// Three nodes against one: what a quorum costs.
    Quorum,
    /// A command sent to a node that does not hold its key.
    Forward,
    /// Median latency of one connection.
    IdleConnection,
    /// A node is killed: how long until every key works again.
    Failover,
    /// CPU of a cluster that nobody uses.
    AtRest,
    /// Criterion: one command parsed, one arc looked up, one string merged.
    Micro,
    /// Balance and movement of the placement.
    Placement,
}

impl Section {
    pub(crate) const ALL: [Self; 12] = [
        Self::Cpu,
        Self::Types,
        Self::Throughput,
        Self::Memory,
        Self::ReplicatedSet,
        Self::Quorum,
        Self::Forward,
        Self::IdleConnection,
        Self::Failover,
        Self::AtRest,
        Self::Micro,
        Self::Placement,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Types => "types",
            Self::Throughput => "throughput",
            Self::Memory => "memory",
            Self::ReplicatedSet => "replicated-set",
            Self::Quorum => "quorum",
            Self::Forward => "forward",
            Self::IdleConnection => "idle-connection",
            Self::Failover => "failover",
            Self::AtRest => "at-rest",
            Self::Micro => "micro",
            Self::Placement => "placement",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Cpu => "One node, N=1: server CPU per operation, and p99",
            Self::Types => "One node, N=1: counters, hashes, sorted sets and lists beside strings",
            Self::Throughput => "One node, N=1, nothing pinned: thousands of operations a second",
            Self::Memory => "One node, N=1: resident bytes an entry beyond key and value",
            Self::ReplicatedSet => "Three nodes, N=3, W=2: CPU of all nodes per SET",
            Self::Quorum => "Three nodes, N=3, R=W=2: CPU of all nodes against one node with one copy",
            Self::Forward => "A command for a key held elsewhere: CPU of both nodes",
            Self::IdleConnection => "One idle connection: median latency at QUORUM",
            Self::Failover => "One node of three killed with SIGKILL",
            Self::AtRest => "Three nodes at rest: CPU per node",
            Self::Micro => "Criterion: the smallest steps",
            Self::Placement => "Placement: balance and movement",
        }
    }

    pub(crate) fn run(self, lab: &mut Lab) -> Result<Findings> {
        match self {
            Self::Cpu => cpu::run(lab),
            Self::Types => types::run(lab),
            Self::Throughput => throughput::run(lab),
            Self::Memory => memory::run(lab),
            Self::ReplicatedSet => replicated_set::run(lab),
            Self::Quorum => quorum::run(lab),
            Self::Forward => forward::run(lab),
            Self::IdleConnection => idle_connection::run(lab),
            Self::Failover => failover::run(lab),
            Self::AtRest => at_rest::run(lab),
            Self::Micro => micro::run(lab),
            Self::Placement => placement::run(),
        }
    }
}

/// A server whose program may be missing: then the reason becomes a note and its figures are left out.
fn or_note(started: Result<Server>, findings: &mut Findings) -> Result<Option<Server>> {
    match started {
        Ok(server) => {
            findings.commands.push(server.command.clone());
            Ok(Some(server))
        }
        Err(Error::Missing(why)) => {
            println!("  skipped: {why}");
            findings.notes.push(format!("Skipped: {why}."));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

//! What a run does: the command line.

use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Runs a cluster of real processes under faults, and judges what its clients saw.
///
/// Exit code 0: every check held. 1: one did not, or the cluster did not become whole again. 2: the run could not be made.
#[derive(Debug, Clone, Parser)]
#[command(name = "circlet-chaos", version)]
pub(crate) struct Options {
    /// How long faults happen, in seconds.
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u64,
    /// Nodes of the cluster, each with the address 127.0.1.i.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(3..=9))]
    pub(crate) nodes: u8,
    /// Clients that work at the same time.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) clients: u16,
    /// Seed of the faults and of what clients do. Processes make each run its own, whatever the seed.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The faults that happen.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [FaultKind::Kill, FaultKind::Pause, FaultKind::Cut, FaultKind::Skew])]
    pub(crate) faults: Vec<FaultKind>,
    /// First port; a node takes this one, and those 100, 200 and 300 above it.
    #[arg(long, default_value_t = 21001)]
    pub(crate) port: u16,
    /// The `circlet` program; the one beside this program if not given.
    #[arg(long)]
    pub(crate) circlet: Option<PathBuf>,
    /// Set by the program when it starts itself in a network of its own.
    #[arg(long, hide = true)]
    pub(crate) in_own_network: bool,
}

/// What can go wrong with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub(crate) enum FaultKind {
    /// `kill -9`, and started again some seconds later, without memory.
    Kill,
    /// SIGSTOP, and SIGCONT later.
    Pause,
    /// No packet between this node and the others, both ways; clients still reach it. Takes `unshare` and `iptables`, and root.
    Cut,
    /// Killed, and started again with a clock that is up to two seconds off.
    Skew,
    /// One more node joins, gets its share of the data, and leaves again; in half of the cases another one is killed meanwhile.
    Elastic,
}

impl std::fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Cut => "cut",
            Self::Skew => "skew",
            Self::Elastic => "elastic",
        })
    }
}

impl Options {
    /// How long faults happen.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Whether this fault is to happen.
    pub(crate) fn has(&self, fault: FaultKind) -> bool {
        self.faults.contains(&fault)
    }
}

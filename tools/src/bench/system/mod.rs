//! What is measured: a cluster that nodes join and leave, whoever makes it.

pub(crate) mod admin;
mod circlet;
mod moves;
mod redis;
mod servers;
mod slots;

use super::args::{Peer, RebalanceArgs};
use super::scenario::Action;
use crate::failure::Failure;
use serde::Serialize;
use std::net::SocketAddr;

/// A cluster under test.
pub(crate) trait System {
    /// Its name and version, for people.
    fn name(&self) -> String;

    /// Where running nodes speak the Redis Cluster protocol.
    fn seeds(&self) -> Vec<SocketAddr>;

    /// Begins a step, and says what it does.
    ///
    /// # Errors
    /// When the step makes no sense for the cluster as it is, or the cluster refuses it.
    fn begin(&mut self, action: Action) -> Result<String, Failure>;

    /// Kills or restarts a node while a step is under way, and says which.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); a system whose steps are not made for it refuses.
    fn disturb(&mut self, action: Action) -> Result<String, Failure> {
        Err(Failure::new(format!(
            "{action}: not while another step is under way here"
        )))
    }

    /// How far the step begun last has come.
    ///
    /// # Errors
    /// When the step has failed.
    fn progress(&mut self) -> Result<Progress, Failure>;

    /// Every node that runs, as it is now.
    fn loads(&self) -> Vec<NodeLoad>;

    /// What the step begun last had to send at the least, as a share of all entries that there were, copies included; `None` if it moves
    /// nothing by itself.
    fn least_moved(&self) -> Option<f64>;
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    UnderWay,
    /// It seems to be over. If it stays so for a while, it has been since now.
    Quiet,
    Over,
}

/// One node at one moment.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct NodeLoad {
    pub(crate) node: u16,
    /// Entries that it holds.
    pub(crate) keys: u64,
    /// Commands that it has processed since it started.
    pub(crate) commands: u64,
    pub(crate) memory_bytes: u64,
    /// CPU of its process since it started, if the process is ours.
    pub(crate) cpu_ns: Option<u64>,
    /// Entries and bytes that it says it has moved, if it does.
    pub(crate) entries_moved: Option<u64>,
    pub(crate) bytes_moved: Option<u64>,
}

/// Starts Circlet, or takes the running cluster.
///
/// # Errors
/// When it does not start.
pub(crate) fn circlet(args: &RebalanceArgs) -> Result<Box<dyn System>, Failure> {
    Ok(Box::new(circlet::Circlet::start(args)?))
}

/// Starts another system.
///
/// # Errors
/// When its programs are missing or do not start.
pub(crate) fn peer(peer: Peer, args: &RebalanceArgs) -> Result<Box<dyn System>, Failure> {
    Ok(Box::new(redis::Redis::start(peer, args)?))
}

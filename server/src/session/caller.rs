//! On whose behalf commands run: what the connection, or the peer that forwards, has asked for.

use crate::config::LevelRules;
use crate::routes::{ArcRoute, OwnerSet};
use circlet_core::message::batch::RunHow;
use circlet_core::quorum::{Level, needed};
use circlet_resp::Proto;

/// Which port a client came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// One big Redis: every command on every key.
    Big,
    /// Redis Cluster: MOVED for slots that this node does not hold, SCAN of this node's keys.
    Cluster,
    /// A peer that forwards a client's command: it runs here, and goes no further.
    Peer,
}

/// See the module's header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) door: Door,
    pub(crate) proto: Proto,
    /// The connection's own read level; the key's prefix or the cluster's default decides where it has none.
    pub(crate) read: Option<Level>,
    /// The same for writes.
    pub(crate) write: Option<Level>,
}

/// No more replicas than can be reached: nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("NOQUORUM need {need} of {n} replicas, {alive} alive")]
pub(crate) struct NoQuorum {
    pub(crate) need: u8,
    pub(crate) n: u8,
    pub(crate) alive: u8,
}

/// The levels that one command runs at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Levels {
    pub(crate) read: Level,
    pub(crate) write: Level,
}

impl Levels {
    /// Whether enough owners can be reached to run at these levels.
    ///
    /// # Errors
    /// [`NoQuorum`], before anything is changed.
    pub(crate) fn admit(self, is_write: bool, n: u8, owners: &OwnerSet) -> Result<(), NoQuorum> {
        let (need, others) = if is_write {
            (needed(n, self.write), owners.reachable.len())
        } else {
            (needed(n, self.read), owners.readers.len())
        };
        // The owners of an arc are at most N, a u8.
        let alive = others as u8 + 1;
        if alive >= need { Ok(()) } else { Err(NoQuorum { need, n, alive }) }
    }
}

impl Caller {
    /// The levels for a key: the connection's, else its prefix's, else the cluster's.
    pub(crate) fn levels(&self, rules: &LevelRules, key: &[u8]) -> Levels {
        if let (Some(read), Some(write)) = (self.read, self.write) {
            return Levels { read, write };
        }
        let (read, write) = rules.of(key);
        Levels { read: self.read.unwrap_or(read), write: self.write.unwrap_or(write) }
    }

    /// Whether a command that a peer forwarded runs here although another owner comes first in this node's view: the peer
    /// could not reach that one, and forwarding on could go round in circles.
    pub(crate) fn keeps_forwarded(&self, route: ArcRoute) -> bool {
        self.door == Door::Peer && route.owned
    }

    /// How a peer is to run this caller's command.
    pub(crate) fn run_how(&self, part: bool) -> RunHow {
        RunHow {
            local: false,
            part,
            resp3: self.proto == Proto::Resp3,
            read_level: level_byte(self.read),
            write_level: level_byte(self.write),
        }
    }

    /// The caller that a forwarded command runs for.
    pub(crate) fn forwarded(how: RunHow) -> Self {
        Caller {
            door: Door::Peer,
            proto: if how.resp3 { Proto::Resp3 } else { Proto::Resp2 },
            read: level_from_byte(how.read_level),
            write: level_from_byte(how.write_level),
        }
    }
}

fn level_byte(level: Option<Level>) -> u8 {
    match level {
        None => 0,
        Some(Level::One) => 1,
        Some(Level::Quorum) => 2,
        Some(Level::All) => 3,
    }
}

/// An unknown byte is taken as "none said": a later version's level cannot be honoured, the cluster's default can.
fn level_from_byte(byte: u8) -> Option<Level> {
    match byte {
        1 => Some(Level::One),
        2 => Some(Level::Quorum),
        3 => Some(Level::All),
        _ => None,
    }
}

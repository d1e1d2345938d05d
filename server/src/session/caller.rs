//! On whose behalf commands run: what the connection, or the peer that forwards, has asked for.

use crate::config::ClusterSettings;
use crate::routes::OwnerSet;
use circlet_core::coordinator::Shortfall;
use circlet_core::message::batch::RunHow;
use circlet_core::quorum::Level;
use circlet_resp::Proto;

/// Which port a client came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// One big Redis: every command on every key.
    Big,
    /// Redis Cluster: MOVED for slots that this node does not hold, SCAN of this node's keys.
    Cluster,
    /// A peer that forwards a client's command. It runs here though another owner may come first in this node's view: the peer
    /// cannot reach that one, and forwarding on could go round in circles.
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
    /// [`Shortfall::NoQuorum`], before anything is changed.
    pub(crate) fn admit(self, is_write: bool, n: u8, owners: &OwnerSet) -> Result<(), Shortfall> {
        let level = if is_write { self.write } else { self.read };
        // The owners of an arc are at most 16.
        let (need, alive) = (level.needed(n), owners.reachable.len() as u8 + 1);
        if alive >= need {
            Ok(())
        } else {
            Err(Shortfall::NoQuorum { need, total: n, alive })
        }
    }
}

impl Caller {
    /// The levels for a key: the connection's, else its prefix's, else the cluster's.
    pub(crate) fn levels(&self, settings: &ClusterSettings, key: &[u8]) -> Levels {
        if let (Some(read), Some(write)) = (self.read, self.write) {
            return Levels { read, write };
        }
        let levels = settings.levels_of(key);
        Levels {
            read: self.read.unwrap_or(levels.read.quorum_level()),
            write: self.write.unwrap_or(levels.write.quorum_level()),
        }
    }

    /// How a peer is to run this caller's command.
    pub(crate) fn run_how(&self) -> RunHow {
        RunHow {
            local: false,
            part: false,
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

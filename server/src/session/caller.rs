//! On whose behalf commands run: what the connection, or the peer that forwards, has asked for.

use crate::config::{ClusterSettings, Levels};
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
    /// Whether reads run on this node if it owns the key and has caught up, though another owner coordinates. They ask the coordinator last: who wants
    /// this has found that one slow.
    pub(crate) at_owner: bool,
    /// The client's id on this node; 0 for a peer's.
    pub(crate) client: u64,
    /// Whether a peer has asked that what this node does not coordinate be passed on.
    pub(crate) passes_on: bool,
    /// Whether it keeps copies of what the commands that run now read.
    pub(crate) tracks: bool,
}

impl Caller {
    /// The levels for a key: the connection's, else its prefix's, else the cluster's.
    #[inline]
    pub(crate) fn levels(&self, settings: &ClusterSettings, key: &[u8]) -> Levels {
        if let (Some(read), Some(write)) = (self.read, self.write) {
            return Levels { read, write };
        }
        let levels = settings.levels_of(key);
        Levels {
            read: self.read.unwrap_or(levels.read),
            write: self.write.unwrap_or(levels.write),
        }
    }

    /// How a peer is to run this caller's command.
    pub(crate) fn run_how(&self) -> RunHow {
        RunHow {
            local: false,
            part: false,
            resp3: self.proto == Proto::Resp3,
            pass_on: false,
            read_level: self.read.map_or(0, Level::byte),
            write_level: self.write.map_or(0, Level::byte),
        }
    }

    /// The caller that a forwarded command runs for. A level that is none here is taken as "none said": a later version's cannot be
    /// honoured, the cluster's default can.
    pub(crate) fn forwarded(how: RunHow) -> Self {
        Caller {
            door: Door::Peer,
            proto: if how.resp3 { Proto::Resp3 } else { Proto::Resp2 },
            read: Level::from_byte(how.read_level),
            write: Level::from_byte(how.write_level),
            at_owner: false,
            client: 0,
            passes_on: how.pass_on,
            tracks: false,
        }
    }
}

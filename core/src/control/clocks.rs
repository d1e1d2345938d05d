//! The members' clocks as one node sees them, for people.

use circlet_ring::NodeId;

/// How far clocks are apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clocks {
    /// By how many milliseconds this node's own clock is ahead of most others', negative if behind; none while it is believed. One that is not
    /// believed makes no coordinator of its node.
    pub own_ahead_ms: Option<i64>,
    /// The peers, in the order of the topology.
    pub peers: Vec<PeerClock>,
}

/// A peer's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerClock {
    /// Whose.
    pub peer: NodeId,
    /// By how many milliseconds it is ahead of this node's, negative if behind, as the peer said lately; none if it says nothing.
    pub ahead_ms: Option<i64>,
    /// Whether that was more than the limit when it was looked at last, while this node believes its own clock.
    pub is_off: bool,
}

impl Clocks {
    /// The peers whose clocks are off.
    pub fn off(&self) -> impl Iterator<Item = &PeerClock> {
        self.peers.iter().filter(|clock| clock.is_off)
    }
}

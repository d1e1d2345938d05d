//! What people are told.

use std::fmt;
use std::time::Duration;

use circlet_ring::NodeId;

use crate::life::Life;
use crate::membership::MemberState;
use crate::topology::{Epoch, MemberStage};

/// Something that belongs into the log, and into a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// SWIM changed its mind about a peer.
    Member {
        /// The peer.
        peer: NodeId,
        /// Its latest life.
        life: Life,
        /// What SWIM thinks.
        state: MemberState,
    },
    /// A peer can be talked to, or no longer.
    Reachable {
        /// The peer.
        peer: NodeId,
        /// Whether it can.
        reachable: bool,
    },
    /// This node stood still.
    Stalled(Duration),
    /// The others held this node for dead; it has told them otherwise.
    HeldForDead,
    /// This node's lease ran out; every arc is taken over anew.
    LeaseLost,
    /// This node's clock differs too much from most of the others': it coordinates nothing until it agrees again.
    ClockOff {
        /// By how much, against the median peer, in milliseconds; positive if ours is ahead.
        ahead_ms: i64,
    },
    /// This node's clock agrees again.
    ClockBack,
    /// A peer's clock differs too much from this node's, which most others agree with or which is one of two.
    PeerClockOff {
        /// The peer.
        peer: NodeId,
        /// By how many milliseconds its clock is ahead of ours; negative if behind.
        ahead_ms: i64,
    },
    /// A peer's clock agrees with this node's again.
    PeerClockBack {
        /// The peer.
        peer: NodeId,
    },
    /// All arcs of this node have caught up.
    CaughtUp {
        /// How many there are.
        arcs: usize,
    },
    /// Arcs were opened though some of their owners stayed away, as the setting says: acknowledged writes may be forgotten.
    OpenedAlone {
        /// How many, in this life.
        arcs: u64,
    },
    /// Another topology is in force.
    Topology {
        /// Its epoch.
        epoch: Epoch,
        /// How many arcs it changes.
        arcs: usize,
    },
    /// A member, perhaps this node itself, takes part no more.
    Gone {
        /// The member.
        peer: NodeId,
        /// Left, or removed.
        stage: MemberStage,
    },
    /// A peer knows a newer topology.
    NewerEpoch {
        /// The newest that was heard of.
        epoch: u64,
    },
}

impl Notice {
    /// Whether an operator should act on it.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        matches!(
            self,
            Self::ClockOff { .. } | Self::PeerClockOff { .. } | Self::OpenedAlone { .. }
        )
    }
}

/// A difference of clocks, in words.
struct Ahead(i64);

impl fmt::Display for Ahead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.0 < 0 { "behind" } else { "ahead of" };
        write!(formatter, "{} ms {way}", self.0.unsigned_abs())
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member { peer, life, state } => write!(formatter, "{peer:?} is {state} (life {life})"),
            Self::Reachable { peer, reachable: true } => write!(formatter, "{peer:?} can be reached"),
            Self::Reachable { peer, reachable: false } => write!(formatter, "{peer:?} cannot be reached"),
            Self::Stalled(stall) => write!(formatter, "this node stood still for {} ms", stall.as_millis()),
            Self::HeldForDead => formatter.write_str("the others held this node for dead"),
            Self::LeaseLost => formatter.write_str("this node stood still for too long: it takes over its arcs anew"),
            Self::ClockOff { ahead_ms } => write!(
                formatter,
                "this node's clock is {} most others': it steps down as coordinator",
                Ahead(*ahead_ms)
            ),
            Self::ClockBack => formatter.write_str("this node's clock agrees with the others' again"),
            Self::PeerClockOff { peer, ahead_ms } => {
                write!(formatter, "the clock of {peer:?} is {} this node's", Ahead(*ahead_ms))
            }
            Self::PeerClockBack { peer } => {
                write!(formatter, "the clock of {peer:?} agrees with this node's again")
            }
            Self::CaughtUp { arcs } => write!(formatter, "all {arcs} arcs of this node have caught up"),
            Self::OpenedAlone { arcs } => {
                write!(
                    formatter,
                    "{arcs} arcs opened without owners that stayed away: they may have forgotten writes"
                )
            }
            Self::Topology { epoch, arcs } => write!(
                formatter,
                "the topology of epoch {epoch} is in force: {arcs} arcs change"
            ),
            Self::Gone { peer, stage } => write!(formatter, "{peer:?} takes part no more: {stage}"),
            Self::NewerEpoch { epoch } => write!(formatter, "a peer knows the topology of epoch {epoch}"),
        }
    }
}

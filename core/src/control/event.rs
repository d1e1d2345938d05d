//! What happens to the control plane.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use circlet_ring::{ArcId, NodeId};

use super::PeerStatus;
use crate::antientropy::{RoundAnswer, RoundId};
use crate::catchup::{ExchangeId, ExchangeOutcome};
use crate::life::Life;
use crate::topology::Topology;

/// What the shell tells. Events about nodes that the topology does not list are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The moment of [`ControlPlane::next_deadline`](super::ControlPlane::next_deadline) was reached. After a late wake, hand over what
    /// waits in the gossip socket first.
    Deadline,
    /// A datagram came on the gossip socket.
    Datagram(Vec<u8>),
    /// A link that can carry questions to the peer is up: hellos were exchanged, and cluster and settings agree.
    LinkUp {
        /// The peer.
        peer: NodeId,
        /// The life of it that answered.
        life: Life,
    },
    /// The link to the peer is gone. Whatever was asked over it will not be answered; answers that come later are ignored.
    LinkDown {
        /// The peer.
        peer: NodeId,
    },
    /// The peer said this of itself.
    Status {
        /// The peer.
        peer: NodeId,
        /// What it said.
        status: PeerStatus,
    },
    /// The exchange that [`Effect::Exchange`](super::Effect::Exchange) asked for is over.
    Exchanged {
        /// Which.
        id: ExchangeId,
        /// How it went.
        outcome: ExchangeOutcome,
    },
    /// Some or all of the exchanges that [`Effect::ExchangeMany`](super::Effect::ExchangeMany) asked for are over.
    ExchangedMany(Vec<(ExchangeId, ExchangeOutcome)>),
    /// A peer answered what [`Effect::Compare`](super::Effect::Compare) asked of it, or will not.
    Compared {
        /// Which round.
        id: RoundId,
        /// The peer.
        peer: NodeId,
        /// Its answer; none if it does not come.
        answer: Option<RoundAnswer>,
    },
    /// A newer topology was chosen, or fetched from somebody who has it. The shell has put it on disk: a node that comes back must not fall behind what
    /// it said to have installed.
    TopologyChosen(Arc<Topology>),
    /// The peer is said to take gossip there, which the topology does not know yet.
    Moved {
        /// The peer.
        peer: NodeId,
        /// Where.
        gossip: SocketAddr,
    },
    /// A command waits until this node may coordinate on this arc. Cheap to repeat.
    ArcWanted(ArcId),
    /// The peer says that this node missed writes in an arc, too many to name them.
    ArcStale {
        /// The peer that has them.
        peer: NodeId,
        /// The arc.
        arc: ArcId,
    },
    /// There are hints for the peer, after there were none.
    HintsPending {
        /// The peer.
        peer: NodeId,
    },
    /// The batch of hints that [`Effect::ReplayHints`](super::Effect::ReplayHints) asked for has been dealt with.
    HintsReplayed {
        /// The peer.
        peer: NodeId,
        /// How it went.
        outcome: ReplayOutcome,
    },
    /// The node is to stop: it tells the others and then emits [`Effect::Left`](super::Effect::Left). A stop, not a leave.
    Shutdown,
}

/// How the replay of a batch of hints went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayOutcome {
    /// No hint is left for the peer.
    Drained,
    /// The batch was taken; more are left. The receiver sets the pace: it names the pause before the next batch.
    More {
        /// How long the receiver wants to be left alone.
        pause: Duration,
    },
    /// The batch was not taken and is to be sent again.
    Failed,
}

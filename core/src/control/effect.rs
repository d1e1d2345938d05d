//! What the control plane wants done.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use circlet_ring::{ArcId, NodeId};

use super::{Notice, PeerStatus};
use crate::antientropy::{Round, Settled};
use crate::catchup::{ExchangeId, ExchangeReason};
use crate::time::Instant;
use crate::topology::Topology;
use crate::view::ClusterView;

/// What the shell does, in the order in which it was emitted. None of it may block the thread of the control plane.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Send this datagram from the gossip socket.
    SendDatagram {
        /// Where to.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// The data plane is to load this view from now on.
    InstallView(Arc<ClusterView>),
    /// The data plane may coordinate until this moment. Past it, it waits for the next lease: this node stood still, and others may have
    /// acted in its place.
    Lease {
        /// The end, by the clock of [`Now::mono`](super::Now::mono).
        until: Instant,
    },
    /// Ask the peer for its digest of the arc; if it differs from ours, pull all that it has and merge it. Then report
    /// [`Event::Exchanged`](super::Event::Exchanged), also when it failed: always once.
    Exchange {
        /// To be given back.
        id: ExchangeId,
        /// Which arc.
        arc: ArcId,
        /// Whom to ask.
        peer: NodeId,
        /// Why.
        reason: ExchangeReason,
    },
    /// The same for several arcs, which this node has caught up on and which are most likely the same there: one question names our digests of all of them,
    /// and only those that differ are pulled. Then report [`Event::ExchangedMany`](super::Event::ExchangedMany) about those that are
    /// done with its answer, and each of the others when it is: always once for each.
    ExchangeMany {
        /// To be given back, each with its arc: two at the least, 128 at the most.
        arcs: Vec<(ExchangeId, ArcId)>,
        /// Whom to ask.
        peer: NodeId,
        /// The most urgent of the reasons. All of them can wait behind commands, or none.
        reason: ExchangeReason,
    },
    /// Raise the floors of these arcs to the cut, sum them up to there, and ask the peers to compare. Then report
    /// [`Event::Compared`](super::Event::Compared), also when a peer does not answer: always once for each.
    Compare(Round<NodeId>),
    /// A round is over: the arcs that are synced drop what may go, the peers are told of them, and those that are to be exchanged are told that they
    /// missed something. This node's own exchanges with them follow as [`Effect::Exchange`].
    Settle(Settled<NodeId>),
    /// Send the peer the next batch of its hints and report [`Event::HintsReplayed`](super::Event::HintsReplayed), always once.
    ReplayHints {
        /// The peer.
        peer: NodeId,
    },
    /// Say this of this node. A shell that sends it later puts in its clock of that moment.
    AnnounceStatus {
        /// To whom; none: to every peer with a link that is up.
        to: Option<NodeId>,
        /// What.
        status: PeerStatus,
    },
    /// Forget everything of the arc: every owner has what this node had. It comes after the view in which the arc is not this node's.
    DropArc {
        /// The arc.
        arc: ArcId,
    },
    /// Have the voters choose this document, which follows the one in force. Proposed again if none is chosen for a while.
    Propose(Arc<Topology>),
    /// Ask the peer for the topology that it has installed, and report it as [`Event::TopologyChosen`](super::Event::TopologyChosen). Asked
    /// again for as long as it does not come.
    FetchTopology {
        /// The peer.
        peer: NodeId,
    },
    /// Close the link to the peer and dial again: it leads to a life that is over.
    CloseLink {
        /// The peer.
        peer: NodeId,
    },
    /// The others know that this node stops; nothing more will come.
    Left,
    /// For people.
    Notice(Notice),
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SendDatagram { to, bytes } => write!(formatter, "send {} bytes of gossip to {to}", bytes.len()),
            Self::InstallView(view) => write!(formatter, "install view {} of epoch {}", view.number(), view.epoch()),
            Self::Lease { until } => write!(formatter, "may coordinate until {} ms", until.as_nanos() / 1_000_000),
            Self::Exchange { arc, peer, reason, .. } => write!(formatter, "exchange {arc:?} with {peer:?} ({reason})"),
            Self::ExchangeMany { arcs, peer, reason } => {
                write!(formatter, "exchange {} arcs with {peer:?} ({reason})", arcs.len())
            }
            Self::Compare(round) => round.fmt(formatter),
            Self::Settle(settled) => settled.fmt(formatter),
            Self::ReplayHints { peer } => write!(formatter, "replay hints to {peer:?}"),
            Self::AnnounceStatus { status, .. } => write!(formatter, "announce: caught up on {:?}", status.caught_up),
            Self::DropArc { arc } => write!(formatter, "drop {arc:?}"),
            Self::Propose(topology) => write!(formatter, "propose the topology of epoch {}", topology.epoch()),
            Self::FetchTopology { peer } => write!(formatter, "fetch the topology from {peer:?}"),
            Self::CloseLink { peer } => write!(formatter, "close the link to {peer:?}"),
            Self::Left => formatter.write_str("the others know that this node stops"),
            Self::Notice(notice) => notice.fmt(formatter),
        }
    }
}

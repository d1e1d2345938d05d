//! One peer, as the control plane knows it.

use std::net::SocketAddr;

use circlet_ring::{ArcId, NodeId};

use super::PeerStatus;
use super::clock_watch::ClockOffset;
use super::replay::Replay;
use crate::life::Life;
use crate::membership::MemberState;
use crate::time::Instant;
use crate::topology::MemberEntry;

/// Everything that is known of a peer, from three sources: SWIM, the link, and its own word.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: NodeId,
    pub(super) state: MemberState,
    /// The latest life that any source named.
    pub(super) life: Life,
    /// The life that the link leads to, while it is up.
    pub(super) link: Option<Life>,
    /// Its word about `life`; none once a later life was heard of.
    // Invariant: about `life`.
    pub(super) status: Option<PeerStatus>,
    pub(super) clock: ClockOffset,
    /// Since when its clock has been off whenever it was looked at.
    pub(super) clock_off_since: Option<Instant>,
    /// Whether people were told last that its clock is off.
    pub(super) is_clock_off: bool,
    pub(super) replay: Replay,
    /// Where it said that it takes gossip, while the topology says otherwise.
    pub(super) gossip: Option<SocketAddr>,
    /// It is no member any more.
    pub(super) is_gone: bool,
    /// What was last said about it to the view.
    pub(super) was_reachable: bool,
}

impl Peer {
    pub(super) fn new(id: NodeId) -> Self {
        Self {
            id,
            state: MemberState::Down,
            life: Life::ZERO,
            link: None,
            status: None,
            clock: ClockOffset::default(),
            clock_off_since: None,
            is_clock_off: false,
            replay: Replay::default(),
            gossip: None,
            is_gone: false,
            was_reachable: false,
        }
    }

    /// The member of a document that is in force when this node starts.
    pub(super) fn of(entry: &MemberEntry) -> Self {
        Self {
            is_gone: !entry.stage.is_there(),
            ..Self::new(entry.id)
        }
    }

    /// Whether it can be talked to: alive to SWIM, and with a link that leads to its latest life.
    ///
    /// A link that is gone makes it unreachable at once; it need not be dead for that.
    pub(super) fn is_reachable(&self) -> bool {
        !self.is_gone && self.state.is_up() && self.link == Some(self.life)
    }

    /// Whether it says that it has caught up on `arc`.
    pub(super) fn has_caught_up(&self, arc: ArcId) -> bool {
        self.status
            .as_ref()
            .is_some_and(|status| status.caught_up.contains(arc))
    }

    /// Whether it believes its own clock. Until it says otherwise, it does.
    pub(super) fn believes_its_clock(&self) -> bool {
        self.status.as_ref().is_none_or(|status| status.clock_believed)
    }

    /// A source named `life`. True if that is news: then what was known of its memory is void.
    pub(super) fn on_life(&mut self, life: Life) -> bool {
        if life <= self.life {
            return false;
        }
        self.life = life;
        self.status = None;
        self.clock = ClockOffset::default();
        true
    }
}

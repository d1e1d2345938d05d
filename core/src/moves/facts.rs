//! What is known of the members, as the driver of moves needs it.

use circlet_ring::ArcId;

use crate::arc_bitmap::ArcBitmap;
use crate::topology::{Epoch, MemberIndex, OwnerList};

/// What one member says of itself in its present life, and whether it is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemberFacts<'a> {
    /// Whether SWIM holds it for up; one that is down is not waited for.
    pub alive: bool,
    /// The epoch that it has installed: it refuses what names an older one. None if it said nothing yet.
    pub installed: Option<Epoch>,
    /// The arcs that it has caught up on.
    pub caught_up: Option<&'a ArcBitmap>,
    /// The arcs that it has drained: in the second stage of a move, compared with enough of the old owners; after the move, with all who are
    /// draining.
    pub drained: Option<&'a ArcBitmap>,
}

/// The facts about all members, by their indexes.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    members: Vec<MemberFacts<'a>>,
}

impl<'a> Facts<'a> {
    /// The facts about the members in the order of their indexes. Of those who are not listed nothing is known.
    #[must_use]
    pub fn new(members: Vec<MemberFacts<'a>>) -> Self {
        Self { members }
    }

    fn of(&self, member: MemberIndex) -> MemberFacts<'a> {
        self.members.get(member.get()).copied().unwrap_or_default()
    }

    /// Whether SWIM holds the member for up.
    #[must_use]
    pub fn is_alive(&self, member: MemberIndex) -> bool {
        self.of(member).alive
    }

    /// Whether the member has installed `epoch` or a newer one.
    #[must_use]
    pub fn has_installed(&self, member: MemberIndex, epoch: Epoch) -> bool {
        self.of(member).installed.is_some_and(|installed| installed >= epoch)
    }

    /// Whether a quorum of `owners` has.
    #[must_use]
    pub fn quorum_installed(&self, owners: &OwnerList, epoch: Epoch) -> bool {
        let installed = owners.iter().filter(|&&owner| self.has_installed(owner, epoch));
        installed.count() >= owners.quorum()
    }

    /// Whether the member has caught up on `arc` in `epoch`. What it said of an older epoch may be about another time when it owned the arc.
    #[must_use]
    pub fn has_caught_up(&self, member: MemberIndex, arc: ArcId, epoch: Epoch) -> bool {
        self.has_installed(member, epoch) && self.of(member).caught_up.is_some_and(|arcs| arcs.contains(arc))
    }

    /// Whether the member has drained `arc` in `epoch`.
    #[must_use]
    pub fn has_drained(&self, member: MemberIndex, arc: ArcId, epoch: Epoch) -> bool {
        self.has_installed(member, epoch) && self.of(member).drained.is_some_and(|arcs| arcs.contains(arc))
    }
}

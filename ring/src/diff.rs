//! What separates two placements: which arcs change hands, and whether more of them than must.

use std::fmt;

use crate::{ArcId, NodeId, Placement, Share};

/// The arcs whose owners differ between two placements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    changes: Vec<ArcChange>,
    least_moved: usize,
}

/// An arc whose owners, or their order, differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArcChange {
    /// Which arc.
    pub arc: ArcId,
    /// The owners before, in preference order.
    pub from: Box<[NodeId]>,
    /// The owners after, in preference order.
    pub to: Box<[NodeId]>,
}

/// Why two placements have no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("placements of {old} and of {new} arcs cannot be compared: their arcs hold different slots")]
pub struct DiffError {
    /// The arcs of the first.
    pub old: u16,
    /// The arcs of the second.
    pub new: u16,
}

impl Diff {
    /// What changes from `old` to `new`.
    ///
    /// # Errors
    ///
    /// The two have different numbers of arcs.
    pub fn between(old: &Placement, new: &Placement) -> Result<Self, DiffError> {
        if old.arc_count() != new.arc_count() {
            return Err(DiffError {
                old: old.arc_count().get(),
                new: new.arc_count().get(),
            });
        }
        let ids = |placement: &Placement, arc| placement.owners(arc).iter().map(|&node| placement.id(node)).collect();
        let both = |arc| ArcChange {
            arc,
            from: ids(old, arc),
            to: ids(new, arc),
        };
        let changes = new
            .arc_count()
            .arcs()
            .map(both)
            .filter(|change| change.from != change.to)
            .collect();
        Ok(Self {
            changes,
            least_moved: least_moved(old, new),
        })
    }

    /// The arcs that change, in order.
    #[must_use]
    pub fn changes(&self) -> &[ArcChange] {
        &self.changes
    }

    /// How many copies of arcs are to be sent to new owners.
    #[must_use]
    pub fn moved(&self) -> usize {
        self.changes.iter().map(|change| change.gained().count()).sum()
    }

    /// How many copies would have to be sent by the best of planners: those that members who left had, or what the fair
    /// shares of the others grow by in sum, whichever is more.
    ///
    /// [`moved`](Self::moved) can be a little less, where nodes are allowed to stay below their shares.
    #[must_use]
    pub fn least_moved(&self) -> usize {
        self.least_moved
    }

    /// How many arcs get another primary. If it was an owner before, that moves traffic and no data.
    #[must_use]
    pub fn primaries_changed(&self) -> usize {
        self.changes.iter().filter(|change| change.primary_changes()).count()
    }
}

/// One line for people: `31 copies move (at least 30 must), 12 primaries change, in 35 arcs`.
impl fmt::Display for Diff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (moved, least, primaries) = (self.moved(), self.least_moved, self.primaries_changed());
        let arcs = self.changes.len();
        write!(
            formatter,
            "{moved} copies move (at least {least} must), {primaries} primaries change, in {arcs} arcs"
        )
    }
}

impl ArcChange {
    /// The new owners that were none before.
    pub fn gained(&self) -> impl Iterator<Item = NodeId> {
        self.to.iter().copied().filter(|owner| !self.from.contains(owner))
    }

    /// The old owners that are none any more.
    pub fn lost(&self) -> impl Iterator<Item = NodeId> {
        self.from.iter().copied().filter(|owner| !self.to.contains(owner))
    }

    /// Whether the first owner is another.
    #[must_use]
    pub fn primary_changes(&self) -> bool {
        self.from.first() != self.to.first()
    }
}

fn least_moved(old: &Placement, new: &Placement) -> usize {
    let left = old.nodes().filter(|&node| new.index_of(&old.id(node)).is_none());
    let forced: u64 = left.map(|node| u64::from(old.load(node).owned)).sum();
    let before = |id| {
        old.index_of(&id)
            .map_or(Share::ZERO, |node| old.load(node).owned_fair)
            .units()
    };
    let growth = |node| new.load(node).owned_fair.units().saturating_sub(before(new.id(node)));
    let grown = Share::of_units(new.nodes().map(growth).sum()).floor();
    forced.max(grown) as usize
}

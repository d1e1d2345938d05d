//! A node in the market.

use std::collections::BinaryHeap;

use crate::ArcId;

/// A node, and the arcs that it has.
pub(super) struct NodeSide {
    capacity: usize,
    // Invariant: at most `capacity`, but for the moment between a proposal and the answer. The farthest is on top.
    kept: BinaryHeap<Kept>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    distance: u64,
    arc: ArcId,
}

impl NodeSide {
    pub(super) fn new(capacity: u32) -> Self {
        Self {
            capacity: capacity as usize,
            kept: BinaryHeap::new(),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.kept.len() < self.capacity
    }

    pub(super) fn make_room(&mut self) {
        self.capacity += 1;
    }

    pub(super) fn keep(&mut self, distance: u64, arc: ArcId) {
        self.kept.push(Kept { distance, arc });
    }

    /// The farthest arc, dropped, if there are too many.
    pub(super) fn turn_away(&mut self) -> Option<ArcId> {
        if self.kept.len() <= self.capacity {
            return None;
        }
        self.kept.pop().map(|kept| kept.arc)
    }

    pub(super) fn give_up(&mut self, arc: ArcId) {
        self.kept.retain(|kept| kept.arc != arc);
    }

    pub(super) fn farthest_first(&self) -> impl Iterator<Item = ArcId> + use<> {
        let mut kept = self.kept.clone();
        std::iter::from_fn(move || kept.pop()).map(|kept| kept.arc)
    }

    pub(super) fn kept_count(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn check_invariants(&self) {
        assert!(self.kept.len() <= self.capacity, "no node keeps more than its capacity");
    }
}

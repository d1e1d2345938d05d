//! An arc in the market.

use super::super::NodeIndex;
use super::super::token_ring::Candidate;
use super::super::zone_rule::ZoneRule;
use crate::ArcId;

/// An arc, and the candidates for it.
pub(super) struct ArcSide<C> {
    pub(super) arc: ArcId,
    /// Candidates not met yet, nearest first: few are ever needed.
    further: C,
    /// Candidates met, nearest first.
    met: Vec<Met>,
    // Invariant: keeps the rule; all of them are in `met`, and each keeps this arc.
    pub(super) held: Vec<Candidate>,
}

struct Met {
    candidate: Candidate,
    turned_away: bool,
}

impl<C: Iterator<Item = Candidate>> ArcSide<C> {
    pub(super) fn new(arc: ArcId, candidates: C) -> Self {
        Self {
            arc,
            further: candidates,
            met: Vec::new(),
            held: Vec::new(),
        }
    }

    /// The nearest candidate that may be added and has not turned this arc away.
    ///
    /// Those passed over because of the rule are looked at again: once a node is lost, one of them may take its place.
    pub(super) fn next_wanted(&mut self, rule: &ZoneRule) -> Option<Candidate> {
        if self.held.len() == rule.replicas() {
            return None;
        }
        let held = &self.held;
        let may_be_added = |node| !is_among(held, node) && rule.admits(held, node);
        let mut again = self.met.iter().filter(|met| !met.turned_away).map(|met| met.candidate);
        if let Some(candidate) = again.find(|candidate| may_be_added(candidate.node)) {
            return Some(candidate);
        }
        for candidate in self.further.by_ref() {
            self.met.push(Met {
                candidate,
                turned_away: false,
            });
            if may_be_added(candidate.node) {
                return Some(candidate);
            }
        }
        None
    }

    pub(super) fn be_turned_away(&mut self, node: NodeIndex) {
        self.held.retain(|held| held.node != node);
        for met in self.met.iter_mut().filter(|met| met.candidate.node == node) {
            met.turned_away = true;
        }
    }

    /// Whom this arc could take if it gave up `instead_of`, nearest first, whether or not they have turned it away.
    pub(super) fn takeable(
        &mut self,
        instead_of: Option<NodeIndex>,
        rule: &ZoneRule,
    ) -> impl Iterator<Item = Candidate> {
        self.met.extend(self.further.by_ref().map(|candidate| Met {
            candidate,
            turned_away: false,
        }));
        let kept: Vec<Candidate> = self
            .held
            .iter()
            .copied()
            .filter(|held| Some(held.node) != instead_of)
            .collect();
        let (met, held) = (&self.met, &self.held);
        let candidates = met.iter().map(|met| met.candidate);
        candidates.filter(move |other| !is_among(held, other.node) && rule.admits(&kept, other.node))
    }

    pub(super) fn check_invariants(&self, rule: &ZoneRule) {
        for (index, held) in self.held.iter().enumerate() {
            let before = &self.held[..index];
            assert!(!is_among(before, held.node), "{:?} has each node once", self.arc);
            assert!(rule.admits(before, held.node), "{:?} keeps the zone rule", self.arc);
        }
    }
}

fn is_among(held: &[Candidate], node: NodeIndex) -> bool {
    held.iter().any(|held| held.node == node)
}

//! Who takes which arc: deferred acceptance, then chains of exchanges for what it leaves short.
//!
//! Arcs want near nodes, nodes want near arcs, an arc takes `replicas` nodes within the [`ZoneRule`], a node takes as many arcs as its
//! capacity. *Deferred acceptance* (Gale and Shapley): an arc proposes to the nearest node that it may add; a node over its
//! capacity turns away its farthest arc, which goes on to its next. Nothing is final until nobody is turned away.
//!
//! ```text
//! arc 7  ──proposes──▶  node b (full: 3, 9, 4)  ──turns away the farthest──▶  arc 4  ──proposes──▶  node c ...
//! ```
//!
//! The outcome does not depend on the order in which arcs propose, since it is the only stable one: both sides rank a pair
//! by the same number, the distance, so that the nearest pair of all must be together, then the nearest that is left, and so on.
//! (That is the naive twin in the tests.) It also changes little when a node comes or goes, since only who is nearer
//! or who was turned away has a reason to change. The sequential fill (arcs in order take the nearest node with room) has
//! neither property.
//!
//! It can leave an arc short: turned away by some, it already holds all others. Such arcs are completed, in order,
//! by a shortest chain: it takes a node, which gives up another arc, which takes another node, until one has room. This is the
//! augmenting path of matroid intersection; it finds a complete outcome whenever there is one.

use std::collections::{BinaryHeap, VecDeque};

use super::NodeIndex;
use super::token_ring::Candidate;
use super::zone_rule::ZoneRule;
use crate::ArcId;

/// Arcs and nodes, and who has taken whom so far.
pub(crate) struct Market<'a, C> {
    rule: &'a ZoneRule,
    arcs: Vec<ArcSide<C>>,
    nodes: Vec<NodeSide>,
}

/// An arc, and the candidates for it.
struct ArcSide<C> {
    arc: ArcId,
    /// Candidates not met yet, nearest first.
    further: C,
    /// Candidates met, nearest first.
    met: Vec<Met>,
    // Invariant: keeps the rule; all of them are in `met`, and have this arc in `kept`.
    held: Vec<Candidate>,
}

struct Met {
    candidate: Candidate,
    turned_away: bool,
}

/// A node, and the arcs that it has.
struct NodeSide {
    capacity: usize,
    // Invariant: at most `capacity`. The farthest is on top.
    kept: BinaryHeap<Kept>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    distance: u64,
    arc: ArcId,
}

/// Who took whom.
pub(crate) struct Outcome {
    /// The nodes of each arc, nearest first: as many as the rule wants.
    pub(crate) taken: Vec<Vec<Candidate>>,
    /// By how many arcs capacities were exceeded, since within them not all arcs could be completed.
    pub(crate) room_made: usize,
}

/// That no chain completes an arc: the nodes that chains reach are all full, and room on any of them would complete it.
struct Stuck {
    full: Vec<NodeIndex>,
}

impl<'a, C: Iterator<Item = Candidate>> Market<'a, C> {
    /// A market of the arcs numbered from 0 with these `candidates`, nearest first, and the nodes with these `capacities`.
    pub(crate) fn new(rule: &'a ZoneRule, candidates: impl Iterator<Item = (ArcId, C)>, capacities: &[u32]) -> Self {
        let arcs = candidates.map(|(arc, further)| ArcSide {
            arc,
            further,
            met: Vec::new(),
            held: Vec::new(),
        });
        let nodes = capacities.iter().map(|&capacity| NodeSide {
            capacity: capacity as usize,
            kept: BinaryHeap::new(),
        });
        Self {
            rule,
            arcs: arcs.collect(),
            nodes: nodes.collect(),
        }
    }

    /// Lets them settle who takes whom, for good.
    pub(crate) fn into_outcome(mut self) -> Outcome {
        self.settle(self.arcs.iter().map(|side| side.arc).collect());
        let mut room_made = 0;
        while let Some(arc) = self.first_short() {
            if let Err(stuck) = self.complete(arc) {
                assert!(
                    !stuck.full.is_empty(),
                    "an arc has at least as many candidates as it wants nodes"
                );
                room_made += stuck.full.len();
                stuck
                    .full
                    .into_iter()
                    .for_each(|node| self.nodes[node.get()].capacity += 1);
            }
        }
        self.check_invariants();
        let sorted = |mut held: Vec<Candidate>| {
            held.sort_unstable();
            held
        };
        Outcome {
            taken: self.arcs.into_iter().map(|side| sorted(side.held)).collect(),
            room_made,
        }
    }

    /// Deferred acceptance. Whichever order the arcs are let propose in, the outcome is the same.
    fn settle(&mut self, mut proposing: Vec<ArcId>) {
        while let Some(arc) = proposing.pop() {
            while let Some(candidate) = self.arcs[arc.index()].next_wanted(self.rule) {
                self.join(arc, candidate);
                if let Some(turned_away) = self.nodes[candidate.node.get()].turn_away() {
                    self.arcs[turned_away.index()].be_turned_away(candidate.node);
                    if turned_away != arc {
                        proposing.push(turned_away);
                    }
                }
            }
        }
    }

    /// An arc that has fewer nodes than it should.
    fn first_short(&self) -> Option<ArcId> {
        self.arcs
            .iter()
            .find(|side| side.held.len() < self.rule.replicas())
            .map(|side| side.arc)
    }

    /// Gives `arc`, which is short, one more node, by a shortest chain of exchanges.
    fn complete(&mut self, arc: ArcId) -> Result<(), Stuck> {
        let mut takers: Vec<Option<Taker>> = self.nodes.iter().map(|_| None).collect();
        let mut reached = VecDeque::new();
        let mut full = Vec::new();
        self.reach(arc, None, &mut takers, &mut reached);
        while let Some(node) = reached.pop_front() {
            let side = &self.nodes[node.get()];
            if side.kept.len() < side.capacity {
                self.exchange_along(node, &takers);
                return Ok(());
            }
            full.push(node);
            for holder in side.farthest_first() {
                self.reach(holder, Some(node), &mut takers, &mut reached);
            }
        }
        Err(Stuck { full })
    }

    fn join(&mut self, arc: ArcId, candidate: Candidate) {
        self.arcs[arc.index()].held.push(candidate);
        self.nodes[candidate.node.get()].kept.push(Kept {
            distance: candidate.distance,
            arc,
        });
    }

    fn part(&mut self, arc: ArcId, node: NodeIndex) {
        self.arcs[arc.index()].held.retain(|held| held.node != node);
        self.nodes[node.get()].kept.retain(|kept| kept.arc != arc);
    }

    /// Notes for each node that `arc` could take if it gave up `instead_of`, and that nothing reached before, that it does.
    fn reach(
        &mut self,
        arc: ArcId,
        instead_of: Option<NodeIndex>,
        takers: &mut [Option<Taker>],
        reached: &mut VecDeque<NodeIndex>,
    ) {
        let side = &mut self.arcs[arc.index()];
        side.meet_all();
        let kept: Vec<Candidate> = side
            .held
            .iter()
            .copied()
            .filter(|held| Some(held.node) != instead_of)
            .collect();
        for &Met { candidate, .. } in &side.met {
            let taker = &mut takers[candidate.node.get()];
            let is_held = side.held.iter().any(|held| held.node == candidate.node);
            if taker.is_none() && !is_held && self.rule.admits(&kept, candidate.node) {
                *taker = Some(Taker {
                    arc,
                    candidate,
                    instead_of,
                });
                reached.push_back(candidate.node);
            }
        }
    }

    /// Carries out the chain that ends at `node`, from its end to its beginning.
    fn exchange_along(&mut self, node: NodeIndex, takers: &[Option<Taker>]) {
        let mut next = Some(node);
        while let Some(Taker {
            arc,
            candidate,
            instead_of,
        }) = next.and_then(|node| takers[node.get()])
        {
            if let Some(given_up) = instead_of {
                self.part(arc, given_up);
            }
            self.join(arc, candidate);
            next = instead_of;
        }
    }

    fn check_invariants(&self) {
        if !cfg!(debug_assertions) {
            return;
        }
        let mut kept_count = 0;
        for side in &self.nodes {
            assert!(side.kept.len() <= side.capacity, "no node keeps more than its capacity");
            kept_count += side.kept.len();
        }
        for side in &self.arcs {
            kept_count -= side.held.len();
            for (index, held) in side.held.iter().enumerate() {
                let before = &side.held[..index];
                assert!(
                    before.iter().all(|other| other.node != held.node),
                    "{:?} has a node once",
                    side.arc
                );
                assert!(
                    self.rule.admits(before, held.node),
                    "{:?} keeps the zone rule",
                    side.arc
                );
            }
        }
        assert_eq!(kept_count, 0, "what nodes keep is what arcs hold");
    }
}

/// How a node was reached: the arc that would take it, and what that arc would give up.
#[derive(Clone, Copy)]
struct Taker {
    arc: ArcId,
    candidate: Candidate,
    instead_of: Option<NodeIndex>,
}

impl<C: Iterator<Item = Candidate>> ArcSide<C> {
    /// The nearest candidate that may be added, and has not turned this arc away.
    fn next_wanted(&mut self, rule: &ZoneRule) -> Option<Candidate> {
        if self.held.len() == rule.replicas() {
            return None;
        }
        let held = &self.held;
        let wanted = |met: &Met| {
            let is_new = !met.turned_away && held.iter().all(|held| held.node != met.candidate.node);
            is_new && rule.admits(held, met.candidate.node)
        };
        if let Some(met) = self.met.iter().find(|met| wanted(met)) {
            return Some(met.candidate);
        }
        for candidate in self.further.by_ref() {
            let met = Met {
                candidate,
                turned_away: false,
            };
            let is_wanted = wanted(&met);
            self.met.push(met);
            if is_wanted {
                return Some(candidate);
            }
        }
        None
    }

    fn be_turned_away(&mut self, node: NodeIndex) {
        self.held.retain(|held| held.node != node);
        for met in self.met.iter_mut().filter(|met| met.candidate.node == node) {
            met.turned_away = true;
        }
    }

    fn meet_all(&mut self) {
        self.met.extend(self.further.by_ref().map(|candidate| Met {
            candidate,
            turned_away: false,
        }));
    }
}

impl NodeSide {
    /// The farthest arc, dropped, if there are too many.
    fn turn_away(&mut self) -> Option<ArcId> {
        if self.kept.len() <= self.capacity {
            return None;
        }
        self.kept.pop().map(|kept| kept.arc)
    }

    fn farthest_first(&self) -> Vec<ArcId> {
        let mut kept: Vec<Kept> = self.kept.iter().copied().collect();
        kept.sort_unstable_by(|a, b| b.cmp(a));
        kept.into_iter().map(|kept| kept.arc).collect()
    }
}

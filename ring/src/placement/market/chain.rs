//! Chains of exchanges, to complete an arc that deferred acceptance left short.
//!
//! ```text
//! arc 7 takes node a, which is full; a's arc 3 gives a up for node d, which is full; d's arc 8 gives d up for e, which has room
//! ```
//!
//! Found breadth first over the nodes, so that few arcs are disturbed. Each node is noted with the first exchange that reaches it,
//! and all that an arc could take are noted at once, so that no chain has a shortcut. That matters: with one, an arc that comes
//! twice could keep its zone rule in each exchange and break it in both together.

use std::collections::VecDeque;

use super::super::NodeIndex;
use super::super::token_ring::Candidate;
use super::Market;
use crate::ArcId;

/// A chain from a node with room back to the arc that is short.
pub(super) struct Chain {
    end: NodeIndex,
    /// How each node was reached, if it was.
    reached_by: Vec<Option<Exchange>>,
}

/// An arc takes a node, and, unless it is the one that is short, gives one up for it.
#[derive(Clone, Copy)]
pub(super) struct Exchange {
    pub(super) arc: ArcId,
    pub(super) candidate: Candidate,
    pub(super) instead_of: Option<NodeIndex>,
}

impl Chain {
    /// The chain that gives `arc` one more node; or, if there is none, the nodes that chains from it reach, all of them full.
    pub(super) fn find<C: Iterator<Item = Candidate>>(
        market: &mut Market<'_, C>,
        arc: ArcId,
    ) -> Result<Self, Vec<NodeIndex>> {
        let mut search = Search {
            reached_by: vec![None; market.nodes.len()],
            unreached: market.nodes.len(),
            full: VecDeque::new(),
        };
        let mut end = search.reach(market, arc, None);
        loop {
            if let Some(end) = end {
                return Ok(Self {
                    end,
                    reached_by: search.reached_by,
                });
            }
            let Some(node) = search.full.pop_front() else {
                return Err(search.reached());
            };
            let mut holders = market.nodes[node.get()].farthest_first();
            end = holders.find_map(|holder| search.reach(market, holder, Some(node)));
        }
    }

    /// From the end to the arc that was short, so that each node gives up an arc before, or right when, it takes one.
    pub(super) fn exchanges(&self) -> impl Iterator<Item = Exchange> {
        let reached_by = |node: NodeIndex| self.reached_by[node.get()];
        std::iter::successors(reached_by(self.end), move |exchange| {
            exchange.instead_of.and_then(reached_by)
        })
    }
}

struct Search {
    reached_by: Vec<Option<Exchange>>,
    unreached: usize,
    /// Nodes reached, from which the search goes on.
    full: VecDeque<NodeIndex>,
}

impl Search {
    /// Notes all nodes that `arc` could take if it gave up `instead_of`, until one of them has room: that one.
    fn reach<C: Iterator<Item = Candidate>>(
        &mut self,
        market: &mut Market<'_, C>,
        arc: ArcId,
        instead_of: Option<NodeIndex>,
    ) -> Option<NodeIndex> {
        if self.unreached == 0 {
            return None;
        }
        for candidate in market.arcs[arc.index()].takeable(instead_of, market.rule) {
            let reached_by = &mut self.reached_by[candidate.node.get()];
            if reached_by.is_some() {
                continue;
            }
            *reached_by = Some(Exchange {
                arc,
                candidate,
                instead_of,
            });
            self.unreached -= 1;
            if market.nodes[candidate.node.get()].has_room() {
                return Some(candidate.node);
            }
            self.full.push_back(candidate.node);
        }
        None
    }

    fn reached(&self) -> Vec<NodeIndex> {
        let was_reached = |&node: &usize| self.reached_by[node].is_some();
        (0..self.reached_by.len())
            .filter(was_reached)
            .map(NodeIndex::new)
            .collect()
    }
}

//! The plan, from its parts: shares, capacities, owners, then the primary among the owners.

use super::capacity::capacity;
use super::fair_share::{owner_shares, primary_shares};
use super::market::Market;
use super::token_ring::{Candidate, TokenRing};
use super::zone_rule::ZoneRule;
use super::{Load, NodeIndex, Share};
use crate::{ArcCount, Member};

/// One planning: what follows from the members before any arc is placed.
pub(crate) struct Planner<'a> {
    arc_count: ArcCount,
    members: &'a [Member],
    pub(crate) rule: ZoneRule,
    pub(crate) ring: TokenRing,
    /// What is fair, for each member: as owner, and as primary.
    shares: Vec<(Share, Share)>,
}

impl<'a> Planner<'a> {
    /// For `members`, which are sorted by id, and `replicas` owners of each arc, no more than there are members.
    pub(crate) fn new(arc_count: ArcCount, members: &'a [Member], replicas: usize) -> Self {
        let rule = ZoneRule::new(members, replicas);
        let as_owners = owner_shares(members, &rule, arc_count.get());
        let as_primaries = primary_shares(members, arc_count.get());
        let shares = as_owners.into_iter().zip(as_primaries).collect();
        Self {
            arc_count,
            members,
            rule,
            ring: TokenRing::new(members),
            shares,
        }
    }

    /// The owners of all arcs, arc after arc, in preference order.
    pub(crate) fn plan(&self) -> Box<[NodeIndex]> {
        let mut owners = self.choose_owners();
        self.choose_primaries(&mut owners);
        owners.into_iter().flatten().map(|owner| owner.node).collect()
    }

    /// What each member has of `owners`, as [`plan`](Self::plan) gives them.
    pub(crate) fn loads(&self, owners: &[NodeIndex]) -> Box<[Load]> {
        let unloaded = |&(owned_fair, primary_fair)| Load {
            owned: 0,
            owned_fair,
            primary: 0,
            primary_fair,
        };
        let mut loads: Box<[Load]> = self.shares.iter().map(unloaded).collect();
        for owners in owners.chunks_exact(self.rule.replicas()) {
            loads[owners[0].get()].primary += 1;
            owners.iter().for_each(|owner| loads[owner.get()].owned += 1);
        }
        loads
    }

    /// The owners of each arc, nearest first.
    fn choose_owners(&self) -> Vec<Vec<Candidate>> {
        let capacities = self.capacities(|(as_owner, _)| as_owner);
        let candidates = self.arc_count.arcs().map(|arc| (arc, self.ring.walk(arc)));
        let outcome = Market::new(&self.rule, candidates, &capacities).into_outcome();
        debug_assert_eq!(outcome.room_made, 0, "capacities of at least the shares hold all arcs");
        outcome.taken
    }

    /// Moves the primary of each arc to the front of its owners.
    ///
    /// Not simply the nearest owner: clients send a key's commands to its primary, and some node would be nearest owner of
    /// 1.3 times the mean. Only the order of the owners changes, which moves no data, neither now nor when members change.
    fn choose_primaries(&self, owners: &mut [Vec<Candidate>]) {
        let capacities = self.capacities(|(_, as_primary)| as_primary);
        let rule = ZoneRule::any_of(self.members.len(), 1);
        let candidates = self
            .arc_count
            .arcs()
            .zip(owners.iter().map(|owners| owners.iter().copied()));
        let outcome = Market::new(&rule, candidates, &capacities).into_outcome();
        for (owners, primary) in owners.iter_mut().zip(outcome.taken) {
            owners.sort_by_key(|owner| owner.node != primary[0].node);
        }
    }

    fn capacities(&self, share: impl Fn((Share, Share)) -> Share) -> Vec<u32> {
        let each = self.members.iter().zip(&self.shares);
        each.map(|(member, &shares)| capacity(&member.id, share(shares), self.arc_count.get()))
            .collect()
    }
}

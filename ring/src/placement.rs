//! Which nodes own which arcs.

mod capacity;
mod fair_share;
mod market;
mod node_index;
mod plan_error;
mod token_ring;
mod zone_rule;

use xxhash_rust::xxh3::xxh3_64;

use self::market::Market;
pub use self::node_index::NodeIndex;
pub use self::plan_error::PlanError;
use self::token_ring::{Candidate, TokenRing};
use self::zone_rule::ZoneRule;
use crate::{ArcCount, ArcId, Member, NodeId};

/// The most members of a placement. Past it planning takes seconds and nodes are no longer told apart by 16 bits with ease;
/// at the limit a plan of 16384 arcs takes about a second.
pub const MEMBERS_MAX: usize = 1024;

/// The most owners of an arc.
pub const REPLICAS_MAX: u8 = 8;

/// Which nodes own which arcs, in which order: a plan, the same for everyone who plans for the same members.
///
/// It is a target. What is in force is the topology's, and a [`Diff`](crate::Diff) says what separates the two.
#[derive(Clone)]
pub struct Placement {
    arc_count: ArcCount,
    // Invariant: sorted by id, each id once.
    members: Box<[Member]>,
    replicas: usize,
    /// `replicas` nodes for each arc, the primary first, then nearest first.
    owners: Box<[NodeIndex]>,
    rule: ZoneRule,
    ring: TokenRing,
}

impl Placement {
    /// Places `arc_count` arcs on `members`, `n` owners each. The order of the members does not matter.
    ///
    /// With fewer than `n` members each of them owns every arc.
    ///
    /// # Errors
    ///
    /// No member, too many, one of them twice; `n` is 0 or more than [`REPLICAS_MAX`].
    pub fn plan(arc_count: ArcCount, n: u8, members: &[Member]) -> Result<Self, PlanError> {
        let members = checked(members, n)?;
        let replicas = usize::from(n).min(members.len());
        let rule = ZoneRule::new(&members, replicas);
        let ring = TokenRing::new(&members);
        let mut owners = choose_owners(arc_count, &members, &rule, &ring);
        choose_primaries(arc_count, &members, &mut owners);
        let owners = owners.into_iter().flatten().map(|owner| owner.node).collect();
        Ok(Self {
            arc_count,
            members,
            replicas,
            owners,
            rule,
            ring,
        })
    }

    /// The number of arcs.
    #[must_use]
    pub fn arc_count(&self) -> ArcCount {
        self.arc_count
    }

    /// The number of owners of each arc: what was asked for, or the number of members if that is less.
    #[must_use]
    pub fn replicas(&self) -> usize {
        self.replicas
    }

    /// The members, in the order of their ids, to be indexed with a [`NodeIndex`].
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The id of a member.
    #[must_use]
    pub fn id(&self, node: NodeIndex) -> NodeId {
        self.members[node.get()].id
    }

    /// The index of the member with this id.
    #[must_use]
    pub fn index_of(&self, id: &NodeId) -> Option<NodeIndex> {
        self.members
            .binary_search_by_key(id, |member| member.id)
            .ok()
            .map(NodeIndex::new)
    }

    /// The owners of `arc` in preference order: the primary first, then nearest first.
    ///
    /// `arc` must be of this placement's [`arc_count`](Self::arc_count); another cluster's may panic.
    #[must_use]
    #[inline]
    pub fn owners(&self, arc: ArcId) -> &[NodeIndex] {
        let first = arc.index() * self.replicas;
        &self.owners[first..first + self.replicas]
    }

    /// The first owner of `arc`.
    #[must_use]
    #[inline]
    pub fn primary(&self, arc: ArcId) -> NodeIndex {
        self.owners[arc.index() * self.replicas]
    }

    /// All members in the order in which they are to be asked about `arc`: the owners, then the stand-ins for owners that are
    /// down, those in zones with the fewest owners first, then nearest first.
    #[must_use]
    pub fn preference_list(&self, arc: ArcId) -> Vec<NodeIndex> {
        let owners = self.owners(arc);
        let owners_in_zone_of = |node: NodeIndex| {
            owners
                .iter()
                .filter(|&&owner| self.rule.zone_of(owner) == self.rule.zone_of(node))
                .count()
        };
        let mut list = owners.to_vec();
        list.extend(
            self.ring
                .walk(arc)
                .map(|candidate| candidate.node)
                .filter(|node| !owners.contains(node)),
        );
        list[owners.len()..].sort_by_key(|&node| owners_in_zone_of(node));
        list
    }

    /// A hash of who owns what, in which order: equal placements have equal fingerprints on every machine.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let ids = self
            .owners
            .iter()
            .flat_map(|&owner| *self.members[owner.get()].id.as_bytes());
        let sizes = [self.arc_count.get(), self.replicas as u16].map(u16::to_le_bytes);
        xxh3_64(&sizes.into_iter().flatten().chain(ids).collect::<Vec<u8>>())
    }
}

fn checked(members: &[Member], n: u8) -> Result<Box<[Member]>, PlanError> {
    if n == 0 || n > REPLICAS_MAX {
        return Err(PlanError::Replicas(n));
    }
    if members.is_empty() {
        return Err(PlanError::NoMembers);
    }
    if members.len() > MEMBERS_MAX {
        return Err(PlanError::TooManyMembers(members.len()));
    }
    let mut sorted: Box<[Member]> = members.into();
    sorted.sort_unstable_by_key(|member| member.id);
    match sorted.windows(2).find(|pair| pair[0].id == pair[1].id) {
        Some(pair) => Err(PlanError::MemberTwice(pair[0].id)),
        None => Ok(sorted),
    }
}

/// The owners of each arc, nearest first.
fn choose_owners(arc_count: ArcCount, members: &[Member], rule: &ZoneRule, ring: &TokenRing) -> Vec<Vec<Candidate>> {
    let shares = fair_share::owner_shares(members, rule, arc_count.get());
    let capacities = capacities(members, &shares, arc_count);
    let candidates = arc_count.arcs().map(|arc| (arc, ring.walk(arc)));
    let outcome = Market::new(rule, candidates, &capacities).into_outcome();
    debug_assert_eq!(outcome.room_made, 0, "capacities of at least the shares hold all arcs");
    outcome.taken
}

/// Moves the primary of each arc to the front of its owners.
///
/// The nearest owner is not it: clients send a key's commands to its primary, and the nearest would be primary of 1.3 times the mean.
/// Only the order of owners changes, so that this moves no data, now or on a change of members.
fn choose_primaries(arc_count: ArcCount, members: &[Member], owners: &mut [Vec<Candidate>]) {
    let shares = fair_share::primary_shares(members, arc_count.get());
    let capacities = capacities(members, &shares, arc_count);
    let rule = ZoneRule::any_of(members.len(), 1);
    let candidates = arc_count.arcs().zip(owners.iter().map(|owners| owners.iter().copied()));
    let outcome = Market::new(&rule, candidates, &capacities).into_outcome();
    for (owners, primary) in owners.iter_mut().zip(outcome.taken) {
        owners.sort_by_key(|owner| owner.node != primary[0].node);
    }
}

fn capacities(members: &[Member], shares: &[fair_share::Share], arc_count: ArcCount) -> Vec<u32> {
    let each = members.iter().zip(shares);
    each.map(|(member, &share)| capacity::capacity(&member.id, share, arc_count.get()))
        .collect()
}

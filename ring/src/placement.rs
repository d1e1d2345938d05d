//! Which nodes own which arcs.

mod capacity;
mod fair_share;
mod load;
mod market;
mod node_index;
mod plan_error;
mod planner;
mod share;
mod token_ring;
mod zone_rule;

use xxhash_rust::xxh3::xxh3_64;

pub use self::load::Load;
pub use self::node_index::NodeIndex;
pub use self::plan_error::PlanError;
use self::planner::Planner;
pub use self::share::Share;
use self::token_ring::TokenRing;
use self::zone_rule::ZoneRule;
use crate::{ArcCount, ArcId, Member, NodeId};

/// The most members of a placement: at the limit, with weights of 1, a plan of 16384 arcs takes 0.1 s, and each node owns 48 of them.
/// More are refused.
pub const MEMBERS_MAX: usize = 1024;

/// The most owners of an arc. More are refused.
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
    /// One for each member.
    loads: Box<[Load]>,
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
        let planner = Planner::new(arc_count, &members, replicas);
        let owners = planner.plan();
        let loads = planner.loads(&owners);
        let Planner { rule, ring, .. } = planner;
        Ok(Self {
            arc_count,
            members,
            replicas,
            owners,
            loads,
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

    /// How much `node` has, and how much would be fair.
    #[must_use]
    pub fn load(&self, node: NodeIndex) -> Load {
        self.loads[node.get()]
    }

    /// All nodes, in the order of the members.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeIndex> + DoubleEndedIterator + Clone + use<> {
        (0..self.members.len()).map(NodeIndex::new)
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

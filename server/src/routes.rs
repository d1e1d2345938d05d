//! The cluster as the data plane sees it: one load a turn, then only indexing.
//!
//! The control plane publishes a [`ClusterView`] when something changed; from it this table is built, so that a command finds its
//! coordinator, the owners to tell and the owners to ask without a search. Arcs with the same answer share one [`OwnerSet`]: on
//! three nodes there are a handful, and commands of one pipeline that share a set share one count of acknowledgements.

use crate::config::Levels;
use circlet_core::coordinator::{Shortfall, Side, Sides};
use circlet_core::owners::{OwnerIndex, Owners};
use circlet_core::quorum::Level;
use circlet_core::topology::{MemberEntry, MemberIndex};
use circlet_core::view::{self, ArcView, ClusterView};
use circlet_ring::{ArcCount, ArcId, Slot};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;

/// A member's place in the topology's list.
pub(crate) type NodeIndex = u16;

/// The owners of an arc as this node sees them, without this node.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct OwnerSet {
    /// Owners that deltas go to, ascending.
    pub(crate) reachable: SmallVec<[NodeIndex; 4]>,
    /// Owners that deltas cannot go to: they get hints.
    pub(crate) missing: SmallVec<[NodeIndex; 4]>,
    /// Reachable owners that have caught up, of those whom reads ask: they can vouch for a read. Not in the order of preference, but in that of
    /// their indexes, from this node's on and round: the reads of a batch ask one peer where they can, whatever arcs they are of, and each node
    /// is asked by as many.
    pub(crate) readers: SmallVec<[NodeIndex; 4]>,
    /// How many owners are to have a write, and which of the reachable ones they are: two sides, while the arc moves. This node is
    /// number 0 there, `reachable[i]` is number i + 1.
    pub(crate) sides: Sides,
    /// How many owners reads are counted in, this node included.
    pub(crate) read_n: u8,
    /// How many of these can be reached, this node not included.
    pub(crate) readers_reachable: u8,
    /// Whether former owners may still hold what the owners lack.
    pub(crate) is_draining: bool,
}

impl OwnerSet {
    /// Whether the arc has no other owner.
    pub(crate) fn is_empty(&self) -> bool {
        self.reachable.is_empty() && self.missing.is_empty()
    }

    /// Whether nobody else may hold anything of the arc, a former owner neither.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_empty() && !self.is_draining
    }

    /// Whether as many owners can be reached as a command needs at these levels.
    ///
    /// # Errors
    /// The shortfall if not. Nothing was changed.
    #[inline]
    pub(crate) fn enough_reachable(&self, is_write: bool, levels: Levels) -> Result<(), Shortfall> {
        if is_write {
            // At most 16 owners.
            return self
                .sides
                .check(levels.write, Owners::first(self.reachable.len() as u8 + 1));
        }
        Shortfall::check(levels.read, self.read_n, self.readers_reachable + 1)
    }
}

/// Where an arc's commands go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArcRoute {
    /// The node that commands of the arc run on; `None` when no owner that has caught up can be reached.
    pub(crate) coordinator: Option<NodeIndex>,
    /// Whether this node owns the arc.
    pub(crate) owned: bool,
    /// Whether this node has caught up on the arc: it counts toward R.
    pub(crate) caught_up: bool,
    /// Whether it may vote on what a client reads.
    pub(crate) votes: bool,
    /// Whether this node may run commands of the arc now, at any level: caught up, and taken over if it had to.
    ready: bool,
    /// Whether it may run those that ask nobody else.
    ready_alone: bool,
    /// Index into [`Routes::sets`].
    set: u16,
}

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) view: Arc<ClusterView>,
    pub(crate) me: NodeIndex,
    pub(crate) epoch: u64,
    /// Replicas of each key: N. While the cluster changes, of some keys there may be more or fewer.
    pub(crate) n: u8,
    /// Whether another node holds something of any arc that this one owns.
    pub(crate) is_shared: bool,
    arcs: ArcCount,
    routes: Vec<ArcRoute>,
    sets: Vec<OwnerSet>,
}

impl Routes {
    /// Builds the table: some hundred microseconds for a thousand arcs.
    pub(crate) fn new(view: Arc<ClusterView>) -> Self {
        Self::build(view, None)
    }

    /// Builds the table for the view that follows. What has not changed is taken over: while arcs move, there are hundreds of views a second, each with a few arcs
    /// that differ.
    pub(crate) fn after(&self, view: Arc<ClusterView>) -> Self {
        Self::build(view, Some(self))
    }

    fn build(view: Arc<ClusterView>, before: Option<&Self>) -> Self {
        let arcs = view.topology().settings().arcs;
        let mut known: HashMap<OwnerSet, u16> = HashMap::new();
        let mut sets = Vec::new();
        let mut number_of = |set: OwnerSet| {
            *known.entry(set).or_insert_with_key(|set| {
                sets.push(set.clone());
                // At most one set an arc, and there are at most 16384 arcs.
                (sets.len() - 1) as u16
            })
        };
        let mut taken_over: Vec<Option<u16>> = vec![None; before.map_or(0, |before| before.sets.len())];
        let routes = arcs
            .arcs()
            .map(|arc| {
                let now = view.arc(arc);
                // Views share what they have in common.
                let is_shared = |before: &Self| std::ptr::eq(before.view.arc(arc), now);
                let is_alike = |before: &&Self| is_shared(before) || now.is_held_alike(before.view.arc(arc));
                let Some(before) = before.filter(is_alike) else {
                    return route(now, number_of(owner_set(now)));
                };
                let was = before.arc(arc);
                let of_set = &mut taken_over[usize::from(was.set)];
                let set = *of_set.get_or_insert_with(|| number_of(before.owners(was).clone()));
                if is_shared(before) {
                    ArcRoute { set, ..was }
                } else {
                    route(now, set)
                }
            })
            .collect::<Vec<ArcRoute>>();
        let is_shared = |route: &ArcRoute| route.owned && !sets[usize::from(route.set)].is_alone();
        Routes {
            me: index(view.me()),
            epoch: view.epoch().get(),
            n: replicas(&view),
            is_shared: routes.iter().any(is_shared),
            arcs,
            routes,
            sets,
            view,
        }
    }

    /// The arc of a slot.
    pub(crate) fn arc_of(&self, slot: Slot) -> ArcId {
        self.arcs.arc_of(slot)
    }

    /// Where an arc's commands go.
    pub(crate) fn arc(&self, arc: ArcId) -> ArcRoute {
        self.routes[arc.index()]
    }

    /// The owners of an arc beside this node.
    pub(crate) fn owners(&self, route: ArcRoute) -> &OwnerSet {
        &self.sets[usize::from(route.set)]
    }

    /// Whether an arc has the same coordinator and owners, reachable or not, as in these routes.
    pub(crate) fn is_served_alike(&self, other: &Self, arc: ArcId) -> bool {
        let (mine, theirs) = (self.arc(arc), other.arc(arc));
        mine.coordinator == theirs.coordinator
            && mine.caught_up == theirs.caught_up
            && self.owners(mine) == other.owners(theirs)
    }

    /// How many arcs have fewer reachable owners than a quorum: commands at QUORUM are refused there.
    pub(crate) fn without_quorum(&self) -> usize {
        let is_without = |arc: &ArcId| {
            let view = self.view.arc(*arc);
            let lacks = |side: view::OwnerSet| view.reachable().intersection(side).len() <= side.len() / 2;
            lacks(view.sets().old) || lacks(view.sets().new)
        };
        self.arcs.arcs().filter(is_without).count()
    }

    /// Whether this node holds something of an arc: owns it, or did and has not given everything away.
    pub(crate) fn holds(&self, arc: ArcId) -> bool {
        self.view.topology().arc(arc).names(self.view.me())
    }

    /// The first owner of a slot, whether it can be reached or not.
    pub(crate) fn primary(&self, slot: Slot) -> NodeIndex {
        index(self.view.arc(self.arc_of(slot)).primary())
    }

    /// Whether this node is a member still, or on its way in or out.
    pub(crate) fn is_member(&self) -> bool {
        self.member(self.me).stage.is_there()
    }

    /// A member of the topology.
    pub(crate) fn member(&self, member: NodeIndex) -> &MemberEntry {
        &self.view.topology().members()[usize::from(member)]
    }

    /// How the arcs are counted.
    pub(crate) fn arcs(&self) -> ArcCount {
        self.arcs
    }
}

/// A member's index as the data plane counts.
pub(crate) fn index(member: MemberIndex) -> NodeIndex {
    // A topology lists far fewer than 65536 members.
    member.get() as NodeIndex
}

impl ArcRoute {
    /// Whether this node may run commands now that read at this level. One that reads from nobody else need not have compared the
    /// arc with anybody either.
    pub(crate) fn is_ready(&self, read: Level) -> bool {
        self.ready || (read == Level::One && self.ready_alone)
    }
}

fn route(arc: &ArcView, set: u16) -> ArcRoute {
    ArcRoute {
        coordinator: arc.coordinator().map(|position| index(arc.owner(position))),
        owned: arc.my_position().is_some(),
        caught_up: arc.may_answer_reads(),
        votes: arc.may_vote(),
        ready: arc.may_coordinate(arc.owners().len()),
        ready_alone: arc.may_coordinate(1),
        set,
    }
}

/// The replicas wanted, or all members that can hold some if they are fewer.
fn replicas(view: &ClusterView) -> u8 {
    let topology = view.topology();
    let members = topology.members().iter().filter(|member| member.stage.is_to_own());
    // At most 8, as the settings say.
    members.count().clamp(1, usize::from(topology.settings().replicas)) as u8
}

fn owner_set(arc: &ArcView) -> OwnerSet {
    let mut set = OwnerSet::default();
    // In the order of their indexes: then the arcs of different preference orders share sets.
    let mut positions: Vec<usize> = (0..arc.owners().len()).collect();
    positions.sort_unstable_by_key(|position| arc.owner(*position));
    let mut numbered = view::OwnerSet::EMPTY;
    let [mut old, mut new] = [Owners::EMPTY; 2];
    let mut number = |position: usize, number: usize| {
        // At most 16 owners.
        let Some(owner) = OwnerIndex::new(number as u8) else {
            return;
        };
        if arc.sets().old.contains(position) {
            old.insert(owner);
        }
        if arc.sets().new.contains(position) {
            new.insert(owner);
        }
    };
    for position in positions {
        if arc.my_position() == Some(position) {
            number(position, 0);
        } else if arc.reachable().contains(position) {
            set.reachable.push(index(arc.owner(position)));
            number(position, set.reachable.len());
            numbered = numbered.with(position);
        } else {
            set.missing.push(index(arc.owner(position)));
        }
    }
    let [old_n, new_n] = [arc.sets().old, arc.sets().new].map(|side| side.len() as u8);
    set.sides = Sides {
        old: Side { n: old_n, owners: old },
        new: Side { n: new_n, owners: new },
    };
    let vouches = |position: &usize| numbered.contains(*position) && arc.caught_up().contains(*position);
    set.readers = arc
        .read_order()
        .filter(vouches)
        .map(|position| index(arc.owner(position)))
        .collect();
    let me = arc.my_position().map_or(0, |position| index(arc.owner(position)));
    set.readers.sort_unstable_by_key(|reader| (*reader < me, *reader));
    set.read_n = arc.read_order().len() as u8;
    set.readers_reachable = numbered.intersection(arc.read_set()).len() as u8;
    set.is_draining = arc.is_draining();
    set
}

#[cfg(test)]
mod tests;

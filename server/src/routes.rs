//! The cluster as the data plane sees it: one load a turn, then only indexing.
//!
//! The control plane publishes a [`ClusterView`] when something changed; from it this table is built, so that a command finds its
//! coordinator, the owners to tell and the owners to ask without a search. Arcs with the same answer share one [`OwnerSet`]: on
//! three nodes there are a handful, and commands of one pipeline that share a set share one count of acknowledgements.

use circlet_core::quorum::Level;
use circlet_core::topology::{MemberEntry, MemberIndex};
use circlet_core::view::{ArcView, ClusterView};
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
    /// Reachable owners that have caught up, in preference order: they can vouch for a read.
    pub(crate) readers: SmallVec<[NodeIndex; 4]>,
}

impl OwnerSet {
    /// Whether the arc has no other owner.
    pub(crate) fn is_empty(&self) -> bool {
        self.reachable.is_empty() && self.missing.is_empty()
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
    /// Whether this node may run commands of the arc now, at any level: caught up, and taken over if it had to.
    ready: bool,
    /// Index into [`Routes::sets`].
    set: u16,
}

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) view: Arc<ClusterView>,
    pub(crate) me: NodeIndex,
    pub(crate) epoch: u64,
    /// Replicas of each key: N.
    pub(crate) n: u8,
    arcs: ArcCount,
    routes: Vec<ArcRoute>,
    sets: Vec<OwnerSet>,
}

impl Routes {
    /// Builds the table: some microseconds for a thousand arcs.
    pub(crate) fn new(view: Arc<ClusterView>) -> Self {
        let arcs = view.topology().settings().arcs;
        let mut known: HashMap<OwnerSet, u16> = HashMap::new();
        let mut sets = Vec::new();
        let routes = arcs
            .arcs()
            .map(|arc| {
                let arc = view.arc(arc);
                let set = *known.entry(owner_set(arc)).or_insert_with_key(|set| {
                    sets.push(set.clone());
                    // At most one set an arc, and there are at most 16384 arcs.
                    (sets.len() - 1) as u16
                });
                route(arc, set)
            })
            .collect();
        Routes {
            me: index(view.me()),
            epoch: view.epoch().get(),
            // Owners are 1 to 8, as many of each arc.
            n: view.arc(arcs.arc_of(Slot::of_key(b""))).owners().len() as u8,
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

    /// How many arcs have fewer reachable owners than a quorum: commands at QUORUM are refused there.
    pub(crate) fn without_quorum(&self) -> usize {
        let quorum = usize::from(Level::Quorum.needed(self.n));
        let reachable = |route: &&ArcRoute| self.owners(**route).reachable.len() + usize::from(route.owned);
        self.routes.iter().filter(|route| reachable(route) < quorum).count()
    }

    /// The first owner of a slot, whether it can be reached or not.
    pub(crate) fn primary(&self, slot: Slot) -> NodeIndex {
        index(self.view.arc(self.arc_of(slot)).owner(0))
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
        self.ready || (read == Level::One && self.caught_up)
    }
}

fn route(arc: &ArcView, set: u16) -> ArcRoute {
    ArcRoute {
        coordinator: arc.coordinator().map(|position| index(arc.owner(position))),
        owned: arc.my_position().is_some(),
        caught_up: arc.may_answer_reads(),
        ready: arc.may_coordinate(arc.owners().len()),
        set,
    }
}

fn owner_set(arc: &ArcView) -> OwnerSet {
    let mut set = OwnerSet::default();
    for (position, owner) in arc.owners().iter().enumerate() {
        let owner = index(*owner);
        if arc.my_position() == Some(position) {
            continue;
        }
        if !arc.reachable().contains(position) {
            set.missing.push(owner);
            continue;
        }
        set.reachable.push(owner);
        if arc.caught_up().contains(position) {
            set.readers.push(owner);
        }
    }
    set.reachable.sort_unstable();
    set.missing.sort_unstable();
    set
}

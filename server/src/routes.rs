//! The cluster as the data plane sees it: one load a turn, then only indexing.
//!
//! The control plane publishes a [`ClusterView`] when something changed; from it this table is built, so that a command finds its
//! coordinator, the owners to tell and the owners to ask without a search. Arcs with the same answer share one [`OwnerSet`]: on
//! three nodes there are a handful, and commands of one pipeline that share a set share one count of acknowledgements.

use circlet_core::view::ClusterView;
use circlet_ring::{ArcCount, ArcId, Slot};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;

/// A member's place in the topology's list.
pub(crate) type NodeIndex = u16;

/// Owners of an arc as this node sees them, without this node.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct OwnerSet {
    /// Owners that deltas go to, ascending.
    pub(crate) reachable: SmallVec<[NodeIndex; 4]>,
    /// Owners that deltas cannot go to: they get hints.
    pub(crate) missing: SmallVec<[NodeIndex; 4]>,
    /// Reachable owners that have caught up, in preference order: they can vouch for a read.
    pub(crate) readers: SmallVec<[NodeIndex; 4]>,
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
    /// Whether this node may run commands of the arc now: caught up, and taken over if it had to.
    pub(crate) ready: bool,
    /// Index into [`Routes::sets`].
    pub(crate) set: u16,
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
    /// Builds the table: a few microseconds for each thousand arcs.
    pub(crate) fn new(view: Arc<ClusterView>) -> Self {
        let mut known: HashMap<OwnerSet, u16> = HashMap::new();
        let mut sets = Vec::new();
        let routes = view
            .arcs()
            .arcs()
            .map(|arc| {
                let set = owner_set(&view, arc);
                let index = *known.entry(set).or_insert_with_key(|set| {
                    sets.push(set.clone());
                    // At most one set an arc, and there are at most 16384 arcs.
                    (sets.len() - 1) as u16
                });
                ArcRoute {
                    coordinator: view.coordinator(arc),
                    owned: view.owns(arc),
                    caught_up: view.caught_up(arc),
                    ready: view.may_coordinate(arc),
                    set: index,
                }
            })
            .collect();
        Routes { me: view.me(), epoch: view.epoch(), n: view.n(), arcs: view.arcs(), routes, sets, view }
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

    /// All arcs.
    pub(crate) fn arcs(&self) -> ArcCount {
        self.arcs
    }
}

fn owner_set(view: &ClusterView, arc: ArcId) -> OwnerSet {
    let mut set = OwnerSet::default();
    for owner in view.owners(arc) {
        if owner == view.me() {
            continue;
        }
        if !view.reachable(owner) {
            set.missing.push(owner);
            continue;
        }
        set.reachable.push(owner);
        if view.peer_caught_up(owner, arc) {
            set.readers.push(owner);
        }
    }
    set.reachable.sort_unstable();
    set.missing.sort_unstable();
    set
}

//! What a batch runs in.

use super::caller::{Caller, Door};
use crate::config::Config;
use crate::node::Node;
use crate::routes::{NodeIndex, OwnerSet, Routes};
use circlet_core::control::Now;
use circlet_core::message::batch::{RunHow, WireKey};
use circlet_core::state::State;
use circlet_ring::ArcId;
use smallvec::SmallVec;

/// How reads make sure of what they read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Other owners are asked whether they hold the same.
    Check,
    /// Other owners are given what this node holds: after it was seen that they may not, so that a reader never goes back in time.
    WriteBack,
}

/// What a batch runs in.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) node: &'a Node,
    pub(crate) config: &'a Config,
    pub(crate) routes: &'a Routes,
    pub(crate) caller: &'a Caller,
    pub(crate) now: Now,
    pub(crate) reads: Reads,
    /// Whether others have vouched just now for what is here: what has expired here, has expired.
    pub(crate) has_asked: bool,
    /// Where it is to be run, whoever this node holds for the coordinator: see [`detour`](super::detour).
    pub(crate) detour: Option<NodeIndex>,
}

impl Scene<'_> {
    /// Whether commands on an arc may run on this node. If not, they go to another one, whatever is stored here.
    #[inline]
    pub(super) fn may_run_here(&self, arc: ArcId) -> bool {
        let route = self.routes.arc(arc);
        let Caller { door, at_owner, .. } = *self.caller;
        route.coordinator == Some(self.routes.me) || route.owned && (at_owner || door == Door::Peer)
    }

    /// How a peer is to run a command of this scene.
    pub(super) fn run_how(&self) -> RunHow {
        let Caller { door, .. } = *self.caller;
        RunHow {
            pass_on: self.detour.is_some() && door != Door::Peer,
            ..self.caller.run_how()
        }
    }

    /// The owners that can vouch for a read, those whose link is quick first. Of the coordinator a caller that reads at any owner holds that it is not.
    pub(super) fn readers(&self, arc: ArcId, owners: &OwnerSet) -> SmallVec<[NodeIndex; 4]> {
        let avoided = self.routes.arc(arc).coordinator.filter(|_| self.caller.at_owner);
        let slow = |peer: &NodeIndex| {
            let link = &self.node.links[*peer];
            Some(*peer) == avoided || link.is_slow() || link.outbox.is_full()
        };
        let mut readers = owners.readers.clone();
        if readers.iter().any(slow) {
            readers.sort_by_key(slow);
        }
        readers
    }

    /// Appends this node's state of a key, encoded.
    pub(super) fn encode_state(&self, arc: ArcId, key: WireKey<'_>, out: &mut Vec<u8>) {
        let shard = self.node.store.lock(arc);
        let state: State<'_> = shard.state(&crate::link::hashed(key));
        state.encode(out);
    }
}

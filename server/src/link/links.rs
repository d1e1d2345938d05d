//! The links of a node, by member: as many as the topology has members, and more when it gets more.

use super::peer::Link;
use crate::routes::NodeIndex;
use circlet_core::topology::MEMBERS_MAX;
use std::ops::Index;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// See the module's header.
///
/// A member's index never changes its meaning, so a link stays where it is; the data plane indexes without a lock while the
/// control plane adds.
pub(crate) struct Links {
    // Invariant: the first `count` are there.
    places: Box<[OnceLock<Arc<Link>>]>,
    count: AtomicUsize,
    make: Box<dyn Fn(NodeIndex) -> Link + Send + Sync>,
}

impl Links {
    /// No links yet; `make` makes that to a member.
    pub(crate) fn new(make: impl Fn(NodeIndex) -> Link + Send + Sync + 'static) -> Self {
        Links {
            places: (0..MEMBERS_MAX).map(|_| OnceLock::new()).collect(),
            count: AtomicUsize::new(0),
            make: Box::new(make),
        }
    }

    /// How many there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// All of them, this node's own included, which is never up.
    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Link>> {
        self.places[..self.len()].iter().filter_map(OnceLock::get)
    }

    /// Makes links until there are `count`, which is at most [`MEMBERS_MAX`].
    pub(crate) fn grow(&self, count: usize) {
        for place in self.len()..count {
            self.at(place);
        }
        self.count.fetch_max(count, Ordering::AcqRel);
    }

    fn at(&self, place: usize) -> &Arc<Link> {
        // At most MEMBERS_MAX.
        self.places[place].get_or_init(|| Arc::new((self.make)(place as NodeIndex)))
    }
}

impl Index<NodeIndex> for Links {
    type Output = Arc<Link>;

    /// The link to a member of a topology that is in force, or is about to be.
    #[inline]
    fn index(&self, peer: NodeIndex) -> &Arc<Link> {
        self.at(usize::from(peer))
    }
}

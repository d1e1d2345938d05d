//! Up to where this node is synced, for the frames that it sends.

use super::Node;
use crate::metrics::Count;
use crate::store::Dropped;
use circlet_core::antientropy::SyncLag;
use circlet_core::stamp::Stamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The least synced-up-to of the arcs that this node shares with others: what every frame names, instead of one a delta. A lower one than
/// the arc's own only makes the receiver look more closely.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeastSynced(Arc<AtomicU64>);

impl LeastSynced {
    /// As it was noted last.
    pub(crate) fn get(&self) -> Stamp {
        Stamp::from_bits(self.0.load(Ordering::Relaxed))
    }
}

impl Node {
    /// Arcs have become synced: notes what all of them are.
    pub(crate) fn note_synced(&self) {
        let routes = self.routes.load();
        let shared = routes.arcs().arcs().filter(|arc| {
            let route = routes.arc(*arc);
            route.owned && !routes.owners(route).is_alone()
        });
        let least = shared.map(|arc| self.store.lock(arc).synced()).min();
        // Arcs that arrive later begin with zero.
        self.least_synced
            .0
            .store(least.unwrap_or_default().to_bits(), Ordering::Relaxed);
    }

    /// How far behind the present the arcs are synced that this node coordinates and shares with others: an arc of one owner waits for nobody.
    /// Costs a lock an arc.
    pub(crate) fn sync_lag(&self) -> SyncLag {
        let routes = self.routes.load();
        let coordinated = routes.arcs().arcs().filter(|arc| {
            let route = routes.arc(*arc);
            route.coordinator == Some(routes.me) && !routes.owners(route).is_empty()
        });
        SyncLag::of(self.clock.wall(), coordinated.map(|arc| self.store.lock(arc).synced()))
    }

    /// Counts what a sweep dropped.
    pub(crate) fn count_dropped(&self, dropped: Dropped) {
        if dropped != Dropped::default() {
            self.metrics.add(Count::EntriesExpired, dropped.expired);
            self.metrics.add(Count::TombstonesDropped, dropped.tombstones);
        }
    }
}

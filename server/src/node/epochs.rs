//! The epochs of the documents that a node acts by and that it has on disk.

use circlet_core::topology::Epoch;
use std::sync::atomic::{AtomicU64, Ordering};

/// See the module's header. Neither goes back.
#[derive(Debug)]
pub(super) struct Epochs {
    /// That of the routes; never behind them.
    in_force: AtomicU64,
    /// That of the newest document on disk here, which is acted by a little later.
    held: AtomicU64,
}

impl Epochs {
    /// Those of a node that starts with this document.
    pub(super) fn at(epoch: Epoch) -> Self {
        let [in_force, held] = [epoch.get(); 2].map(AtomicU64::new);
        Self { in_force, held }
    }

    pub(super) fn in_force(&self) -> u64 {
        self.in_force.load(Ordering::Acquire)
    }

    pub(super) fn become_in_force(&self, epoch: u64) {
        self.in_force.store(epoch, Ordering::Release);
    }

    pub(super) fn held(&self) -> u64 {
        self.held.load(Ordering::Acquire)
    }

    pub(super) fn become_held(&self, epoch: u64) {
        self.held.fetch_max(epoch, Ordering::Release);
    }
}

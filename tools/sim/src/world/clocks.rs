//! The nodes' clocks.

use circlet_core::control::Now;
use circlet_core::time::{Instant, WallMs};

/// Civil time when a run begins.
const BEGIN: WallMs = WallMs::new(1_750_000_000_000);

/// How far each node's civil clock is off. Their monotonic clocks all tell the virtual time: only differences of those are ever looked at.
#[derive(Debug)]
pub(crate) struct Clocks {
    /// In milliseconds; positive if ahead.
    pub(crate) off_ms: Vec<i64>,
}

impl Clocks {
    pub(crate) fn new(nodes: usize) -> Self {
        Self { off_ms: vec![0; nodes] }
    }

    pub(crate) fn now(&self, place: usize, mono: Instant) -> Now {
        let true_ms = BEGIN.get() + mono.as_nanos() / 1_000_000;
        let wall = WallMs::new(true_ms.saturating_add_signed(self.off_ms[place]));
        Now { mono, wall }
    }
}

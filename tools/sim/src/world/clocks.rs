//! The nodes' clocks.

use std::time::Duration;

use circlet_core::control::Now;
use circlet_core::time::{Instant, WallMs};

/// Civil time when a run begins.
const BEGIN: WallMs = WallMs::new(1_750_000_000_000);

/// How far each node's civil clock is off. Their monotonic clocks all tell the virtual time: only differences of those are ever looked at.
#[derive(Debug)]
pub(crate) struct Clocks {
    // Invariant: all that it ever contained is between least and most.
    off_ms: Vec<i64>,
    least_ms: i64,
    most_ms: i64,
}

impl Clocks {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            off_ms: vec![0; nodes],
            least_ms: 0,
            most_ms: 0,
        }
    }

    /// From now on the clock of the node at `place` is so many milliseconds ahead, or if negative, behind.
    pub(crate) fn become_off(&mut self, place: usize, ms: i64) {
        self.off_ms[place] = ms;
        self.least_ms = self.least_ms.min(ms);
        self.most_ms = self.most_ms.max(ms);
    }

    /// All have the right time.
    pub(crate) fn heal(&mut self) {
        self.off_ms.fill(0);
    }

    /// How far any two have been apart at most, at whatever times.
    pub(crate) fn apart_max(&self) -> Duration {
        Duration::from_millis(self.most_ms.abs_diff(self.least_ms))
    }

    /// A clock for one node more.
    pub(crate) fn grow(&mut self) {
        self.off_ms.push(0);
    }

    pub(crate) fn now(&self, place: usize, mono: Instant) -> Now {
        let true_ms = self.true_wall(mono).get();
        let wall = WallMs::new(true_ms.saturating_add_signed(self.off_ms[place]));
        Now { mono, wall }
    }

    /// Civil time.
    pub(crate) fn true_wall(&self, mono: Instant) -> WallMs {
        WallMs::new(BEGIN.get() + mono.as_nanos() / 1_000_000)
    }
}

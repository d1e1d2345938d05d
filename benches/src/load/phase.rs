//! Where a run stands: told by the timing thread, read by the workers once a turn.

use std::sync::atomic::{AtomicU8, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Traffic flows, nothing is counted.
    WarmUp,
    /// Traffic flows and is counted.
    Measure,
    /// What is in flight is waited for; nothing more is sent.
    Stop,
}

pub(crate) struct PhaseCell(AtomicU8);

impl PhaseCell {
    pub(crate) fn new(phase: Phase) -> Self {
        Self(AtomicU8::new(phase as u8))
    }

    /// Relaxed: the phase orders nothing but itself, and a turn late is a turn late.
    pub(crate) fn load(&self) -> Phase {
        match self.0.load(Ordering::Relaxed) {
            0 => Phase::WarmUp,
            1 => Phase::Measure,
            _ => Phase::Stop,
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
    }
}

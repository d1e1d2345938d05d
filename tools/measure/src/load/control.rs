//! Where a run stands: told by the timing thread, read by the workers once a turn.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What traffic is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Traffic flows, nothing is counted.
    WarmUp,
    /// Traffic flows and is counted.
    Measure,
    /// What is in flight is waited for; nothing more is sent.
    Stop,
}

/// What the threads of a run share. Relaxed throughout: it orders nothing but itself, and a turn late is a turn late.
#[derive(Debug)]
pub struct Control {
    phase: AtomicU8,
    /// Requests that may still be sent while measuring, if they are counted.
    budget: Option<AtomicU64>,
    done: AtomicU64,
}

impl Control {
    /// A run in this phase, which ends when it is told to.
    #[must_use]
    pub fn new(phase: Phase) -> Self {
        Self {
            phase: AtomicU8::new(phase as u8),
            budget: None,
            done: AtomicU64::new(0),
        }
    }

    /// A run that ends after so many requests have been sent while measuring, if it is not told to before.
    #[must_use]
    pub fn with_budget(phase: Phase, requests: u64) -> Self {
        Self {
            budget: Some(AtomicU64::new(requests)),
            ..Self::new(phase)
        }
    }

    /// The phase now.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::WarmUp,
            1 => Phase::Measure,
            _ => Phase::Stop,
        }
    }

    /// Begins a phase.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Operations answered while measuring, up to the workers' last turns.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    pub(super) fn add_done(&self, operations: u64) {
        if operations > 0 {
            self.done.fetch_add(operations, Ordering::Relaxed);
        }
    }

    /// How many of `wanted` requests may be sent now.
    pub(super) fn claim(&self, phase: Phase, wanted: usize) -> usize {
        let Some(budget) = self.budget.as_ref().filter(|_| phase == Phase::Measure) else {
            return if phase == Phase::Stop { 0 } else { wanted };
        };
        let take = |left: u64| Some(left.saturating_sub(wanted as u64));
        let left = budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        left.map_or(0, |left| left.min(wanted as u64) as usize)
    }

    /// Whether what was sent in the warm-up is counted when it is answered later: not if requests are counted as they are sent.
    pub(super) fn has_budget(&self) -> bool {
        self.budget.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_once_and_only_while_measuring() {
        let control = Control::with_budget(Phase::WarmUp, 20);
        assert_eq!(control.claim(Phase::WarmUp, 16), 16, "a warm-up costs nothing");
        let claims = [(); 3].map(|()| control.claim(Phase::Measure, 16));
        assert_eq!(claims, [16, 4, 0]);
        assert_eq!(Control::new(Phase::Measure).claim(Phase::Stop, 16), 0);
    }
}

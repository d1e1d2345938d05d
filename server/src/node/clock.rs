//! The node's clock: one reading for both scales.

use circlet_core::control::Now;
use circlet_core::time::{Instant, WallMs};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

/// Monotonic time since the node's start, and wall-clock time as its offset.
///
/// A turn of the hot path needs the monotonic time (for the lease) and the wall clock (for stamps and expiry): one reading of the
/// monotonic clock gives both. The control thread sets the offset anew many times a second, so a step of the wall clock is followed.
#[derive(Debug)]
pub(crate) struct Clock {
    start: std::time::Instant,
    /// Wall clock minus monotonic time, in milliseconds.
    offset_ms: AtomicI64,
    /// Added to the wall clock, in milliseconds: what tests skew a node's clock by.
    skew_ms: i64,
}

impl Clock {
    /// A clock that begins now.
    pub(crate) fn new(skew_ms: i64) -> Self {
        let clock = Clock {
            start: std::time::Instant::now(),
            offset_ms: AtomicI64::new(0),
            skew_ms,
        };
        clock.follow_wall();
        clock
    }

    /// Looks at the system's wall clock again.
    pub(crate) fn follow_wall(&self) {
        let since_unix = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let wall = since_unix.as_millis() as i64 + self.skew_ms;
        self.offset_ms
            .store(wall - (self.mono_ns() / 1_000_000) as i64, Ordering::Relaxed);
    }

    /// Nanoseconds since the node's start.
    pub(crate) fn mono_ns(&self) -> u64 {
        // 584 years.
        self.start.elapsed().as_nanos() as u64
    }

    /// Both scales.
    pub(crate) fn now(&self) -> Now {
        let mono = self.mono_ns();
        let wall = (mono / 1_000_000).saturating_add_signed(self.offset_ms.load(Ordering::Relaxed));
        Now {
            mono: Instant::from_nanos(mono),
            wall: WallMs::new(wall),
        }
    }

    /// The wall clock.
    pub(crate) fn wall(&self) -> WallMs {
        self.now().wall
    }

    /// The tokio instant of a moment on this clock.
    pub(crate) fn at(&self, moment: Instant) -> tokio::time::Instant {
        // Far-future deadlines are a year away: tokio's timer takes no more than some years.
        let ns = moment.as_nanos().min(self.mono_ns() + 365 * 86_400 * 1_000_000_000);
        tokio::time::Instant::from_std(self.start + std::time::Duration::from_nanos(ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skewed_clock_is_off_by_its_skew_and_runs_on() {
        let (straight, skewed) = (Clock::new(0), Clock::new(-6_000));
        let off = straight.wall().get() as i64 - skewed.wall().get() as i64;
        assert!((5_990..=6_500).contains(&off), "off by {off} ms");
        let before = skewed.now();
        assert!(skewed.now().mono >= before.mono);
    }
}

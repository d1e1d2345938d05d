//! The clock of one arc, and the guard against clocks that run ahead.
//!
//! A stamp must be above everything this arc has seen (or a later write would lose to an earlier one), above the arc's
//! *floor* (anti-entropy has compared up to there: nothing may appear below it any more), and near the wall clock (or
//! expiries, and the next coordinator, suffer):
//!
//! ```text
//!   stamp = max(now << 16, last + 1, floor + 1)         last = greatest stamp issued or observed
//! ```
//!
//! There is one clock per arc and it lives under the arc's lock, so that issuing a stamp costs three comparisons.
//! Refused: one atomic for the node, which every command of every thread would fight for.
//!
//! Because every observed stamp advances the clock, one node with a clock a year ahead would drag all others along.
//! [`DriftGuard`] refuses such a stamp *before* it is observed or merged.

use crate::stamp::Stamp;
use crate::time::WallMs;

/// Issues the stamps of one arc. 24 bytes; kept under the arc's lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArcClock {
    // Invariant: no stamp issued or observed by this clock is greater.
    last: Stamp,
    // Invariant: never goes back.
    floor: Stamp,
    // Invariant: never goes back; at most `last.next()`.
    run_epoch: Stamp,
}

impl ArcClock {
    /// A clock that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last: Stamp::ZERO,
            floor: Stamp::ZERO,
            run_epoch: Stamp::ZERO,
        }
    }

    /// Issues a stamp above the last one issued or observed and above the floor, and not before `now`.
    ///
    /// More than 65,536 stamps in a millisecond run into the next one: the clock is then ahead of the wall, by less
    /// than the time it took. At [`Stamp::MAX`] it would stand still, which [`DriftGuard`] keeps eight thousand years
    /// away.
    #[must_use]
    pub fn stamp(&mut self, now: WallMs) -> Stamp {
        let stamp = self.next(now);
        self.last = stamp;
        stamp
    }

    /// The time at which what is stamped next happens: `now`, or that of what was seen already, if `now` is behind it.
    ///
    /// By this a command decides what has expired, since the other owners judge its delta by its stamp. By a wall clock that was set back it would
    /// find alive what is dead to all others, add to it, be told so, and add to it again.
    #[must_use]
    pub fn time(&self, now: WallMs) -> WallMs {
        self.next(now).ms()
    }

    /// Takes note of a stamp that came from elsewhere; what is issued later is above it.
    ///
    /// To be called with every stamp that is merged, after [`DriftGuard::check`].
    pub fn observe(&mut self, stamp: Stamp) {
        self.last = self.last.max(stamp);
    }

    /// Promises that nothing is issued at or below `floor` again. A lower floor than the present one changes nothing.
    pub fn raise_floor(&mut self, floor: Stamp) {
        self.floor = self.floor.max(floor);
    }

    /// Begins a new epoch of counters' runs: those that this node has begun up to now are not raised any more.
    ///
    /// To be called whenever this node forgets a part of the arc: an entry with runs was dropped (expired, evicted), or
    /// the arc arrived anew.
    pub fn begin_run_epoch(&mut self) {
        self.run_epoch = self.last.next();
    }

    /// Runs born before this stamp are not to be raised: see [`crate::mutate::Author`].
    #[must_use]
    pub const fn run_epoch(&self) -> Stamp {
        self.run_epoch
    }

    fn next(&self, now: WallMs) -> Stamp {
        Stamp::new(now, 0).max(self.last.next()).max(self.floor.next())
    }

    /// The greatest stamp issued or observed.
    #[must_use]
    pub const fn last(&self) -> Stamp {
        self.last
    }

    /// The floor.
    #[must_use]
    pub const fn floor(&self) -> Stamp {
        self.floor
    }
}

/// Refuses stamps that are too far ahead of the local wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftGuard {
    ahead_ms_max: u64,
}

impl DriftGuard {
    /// Five seconds: far above what NTP leaves, far below what a cache's expiries could not bear.
    pub const DEFAULT: Self = Self::new(5_000);

    /// A guard that lets stamps be up to `ahead_ms_max` milliseconds ahead.
    ///
    /// Raising it lets a node with a wrong clock go on for longer, and every later write on its keys be stamped as far
    /// ahead.
    #[must_use]
    pub const fn new(ahead_ms_max: u64) -> Self {
        Self { ahead_ms_max }
    }

    /// Whether `stamp` may be observed and merged at local time `now`.
    ///
    /// # Errors
    ///
    /// [`ClockAhead`] if it is further ahead than allowed; nothing may then be merged, and the refusal is to be
    /// counted.
    pub fn check(&self, now: WallMs, stamp: Stamp) -> Result<(), ClockAhead> {
        let ahead_ms = stamp.ms().ms_since(now);
        if ahead_ms > self.ahead_ms_max {
            return Err(ClockAhead {
                ahead_ms,
                ahead_ms_max: self.ahead_ms_max,
            });
        }
        Ok(())
    }
}

impl Default for DriftGuard {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A stamp is too far ahead of the local clock: one of the two nodes has a wrong clock. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stamp is {ahead_ms} ms ahead of the local clock, {ahead_ms_max} ms are allowed")]
pub struct ClockAhead {
    /// How far ahead, in milliseconds.
    pub ahead_ms: u64,
    /// The limit that it exceeds, in milliseconds.
    pub ahead_ms_max: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallMs = WallMs::new(1_000_000);

    #[test]
    fn stamps_rise_even_when_the_wall_clock_stands_still_or_goes_back() {
        let mut clock = ArcClock::new();
        let first = clock.stamp(NOW);
        let second = clock.stamp(NOW);
        let third = clock.stamp(WallMs::new(NOW.get() - 500));
        assert_eq!(first, Stamp::new(NOW, 0), "an idle clock reads the wall");
        assert!(first < second && second < third, "{first} {second} {third}");
    }

    #[test]
    fn a_stamp_is_above_what_was_observed() {
        let mut clock = ArcClock::new();
        let seen = Stamp::new(WallMs::new(NOW.get() + 3_000), 9);
        clock.observe(seen);
        clock.observe(Stamp::ZERO);
        assert_eq!(clock.stamp(NOW), seen.next());
    }

    #[test]
    fn a_stamp_is_above_the_floor_which_never_sinks() {
        let mut clock = ArcClock::new();
        let floor = Stamp::new(WallMs::new(NOW.get() + 10), 0);
        clock.raise_floor(floor);
        clock.raise_floor(Stamp::ZERO);
        assert_eq!(clock.floor(), floor);
        assert!(clock.stamp(NOW) > floor);
    }

    #[test]
    fn the_time_of_a_command_is_that_of_the_stamp_it_would_get() {
        let mut clock = ArcClock::new();
        let time = |clock: &ArcClock, now| (clock.time(now), { *clock }.stamp(now).ms());
        let later = WallMs::new(NOW.get() + 3_000);
        assert_eq!(time(&clock, NOW), (NOW, NOW), "an idle clock reads the wall");
        clock.observe(Stamp::new(later, 9));
        assert_eq!(time(&clock, NOW), (later, later), "the wall is behind");
        clock.observe(Stamp::new(later, u16::MAX));
        let next = WallMs::new(later.get() + 1);
        assert_eq!(time(&clock, NOW), (next, next), "the counter carries");
        clock.raise_floor(Stamp::new(next, 5));
        assert_eq!(time(&clock, NOW), (next, next), "above the floor");
    }

    #[test]
    fn an_epoch_of_runs_excludes_all_stamps_before_it_and_none_after() {
        let mut clock = ArcClock::new();
        assert_eq!(clock.run_epoch(), Stamp::ZERO);
        let before = clock.stamp(NOW);
        clock.begin_run_epoch();
        assert!(before < clock.run_epoch());
        assert!(clock.stamp(NOW) >= clock.run_epoch());
    }

    #[test]
    fn a_stamp_up_to_the_limit_ahead_is_taken_and_one_beyond_is_refused() {
        let guard = DriftGuard::DEFAULT;
        let ahead = |ms| Stamp::new(WallMs::new(NOW.get() + ms), u16::MAX);
        assert_eq!(guard.check(NOW, ahead(5_000)), Ok(()));
        assert_eq!(
            guard.check(NOW, ahead(5_001)),
            Err(ClockAhead {
                ahead_ms: 5_001,
                ahead_ms_max: 5_000
            })
        );
        assert_eq!(guard.check(NOW, Stamp::ZERO), Ok(()), "an old stamp is never refused");
    }
}

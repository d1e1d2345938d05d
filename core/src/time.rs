//! Time as an argument.
//!
//! Nothing in this crate reads a clock: whoever calls passes one of the two kinds of now. [`Instant`] never goes back
//! and orders timers; [`WallMs`] is the civil time that stamps and expiries are made of, and may jump. The standard
//! library's `Instant` is refused because a simulator cannot make one.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

/// A moment of a clock that never goes back, in nanoseconds since an origin that the shell chooses at its start.
///
/// Comparable only within one life of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The origin.
    pub const ZERO: Self = Self(0);
    /// Later than every moment that occurs: "no deadline".
    pub const FAR_FUTURE: Self = Self(u64::MAX);

    /// The moment `nanos` nanoseconds after the origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The moment `millis` milliseconds after the origin, at most [`Instant::FAR_FUTURE`].
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to `self`; zero if `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates at [`Instant::FAR_FUTURE`]: a timeout of "for ever" never wraps into the past.
    fn add(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

/// Civil time, in milliseconds since the Unix epoch.
///
/// Nodes' wall clocks differ by some milliseconds, and by seconds when one is wrong: [`crate::clock`] says what
/// follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallMs(u64);

impl WallMs {
    /// The Unix epoch.
    pub const ZERO: Self = Self(0);

    /// The moment `ms` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn new(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Milliseconds from `earlier` to `self`; 0 if `earlier` is the later one.
    #[must_use]
    pub const fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for WallMs {
    type Output = Self;

    /// Counts whole milliseconds and saturates.
    fn add(self, duration: Duration) -> Self {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(ms))
    }
}

impl fmt::Display for WallMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_of_for_ever_stays_in_the_future() {
        assert_eq!(Instant::from_millis(5) + Duration::MAX, Instant::FAR_FUTURE);
        assert_eq!(WallMs::new(5) + Duration::MAX, WallMs::new(u64::MAX));
    }

    #[test]
    fn the_time_since_a_later_moment_is_zero() {
        let (early, late) = (Instant::from_millis(1), Instant::from_millis(3));
        assert_eq!(late.since(early), Duration::from_millis(2));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(WallMs::new(3).ms_since(WallMs::new(1)), 2);
        assert_eq!(WallMs::new(1).ms_since(WallMs::new(3)), 0);
    }
}

//! How many a second, as whoever looks sees it.

use parking_lot::Mutex;

/// Looks that are closer than this, in nanoseconds, see the same: of two who look at the same time, neither sees a rate of a few microseconds.
const LOOK_NS_MIN: u64 = 100_000_000;

/// What a growing count grows by in a second, between two looks at it.
#[derive(Debug, Default)]
pub struct Rate(Mutex<Look>);

#[derive(Debug, Default)]
struct Look {
    count: u64,
    at_ns: u64,
    per_second: u64,
}

impl Rate {
    /// The rate since the look before, the first time since the beginning of the clock. A count that fell, because it was reset, has a rate of 0.
    #[must_use]
    pub fn look(&self, count: u64, now_ns: u64) -> u64 {
        let mut last = self.0.lock();
        let elapsed = now_ns.saturating_sub(last.at_ns);
        if elapsed >= LOOK_NS_MIN {
            let counted = u128::from(count.saturating_sub(last.count));
            *last = Look {
                count,
                at_ns: now_ns,
                per_second: u64::try_from(counted * 1_000_000_000 / u128::from(elapsed)).unwrap_or(u64::MAX),
            };
        }
        last.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_came_since_the_look_before_whoever_looked() {
        const SECOND: u64 = 1_000_000_000;
        let rate = Rate::default();
        assert_eq!(rate.look(500, SECOND / 2), 1_000);
        assert_eq!(rate.look(501, SECOND / 2 + 1), 1_000, "no time has passed");
        assert_eq!(rate.look(500, SECOND), 0);
        assert_eq!(rate.look(700, 3 * SECOND), 100);
        assert_eq!(rate.look(10, 4 * SECOND), 0, "the statistics were reset");
        assert_eq!(rate.look(30, 5 * SECOND), 20);
    }
}

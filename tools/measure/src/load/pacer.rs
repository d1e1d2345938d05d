//! The open loop: operation `n` is due at `start + n / rate`, whatever became of those before it.
//!
//! Latency is counted from the due moment. A closed loop, which sends when the last reply has come, would ask a stalled server for nothing
//! and then report that nothing waited (coordinated omission).

use std::time::{Duration, Instant};

/// When operations are due.
#[derive(Clone, Debug)]
pub struct Pacer {
    start: Instant,
    rate: u32,
    /// The number of the next operation.
    next: u64,
    step: u64,
}

impl Pacer {
    /// `rate` operations a second from `start` on; `rate` is not 0.
    #[must_use]
    pub fn new(start: Instant, rate: u32) -> Self {
        Self::part(start, rate, 0, 1)
    }

    /// The share `part` (from 0) of `parts` threads that keep the rate together: every `parts`-th operation.
    #[must_use]
    pub fn part(start: Instant, rate: u32, part: u32, parts: u32) -> Self {
        Pacer {
            start,
            rate,
            next: u64::from(part),
            step: u64::from(parts),
        }
    }

    /// When the next operation is due.
    #[must_use]
    pub fn next_due(&self) -> Instant {
        let (whole, rest) = (self.next / u64::from(self.rate), self.next % u64::from(self.rate));
        // By whole seconds first: nanoseconds since the start times the rate would be too many for 64 bits within days.
        self.start + Duration::from_secs(whole) + Duration::from_nanos(rest * 1_000_000_000 / u64::from(self.rate))
    }

    /// The due moment of the next operation, if it has come.
    pub fn take(&mut self, now: Instant) -> Option<Instant> {
        let due = self.next_due();
        (due <= now).then(|| {
            self.next += self.step;
            due
        })
    }

    /// How many operations were due before `end` and have not been taken.
    #[must_use]
    pub fn overdue(mut self, end: Instant) -> u64 {
        let mut count = 0;
        while self.next_due() < end {
            self.next += self.step;
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_due_at_even_times_and_never_early() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, 1_000);
        assert_eq!(pacer.take(start), Some(start), "the first is due at once");
        assert_eq!(
            pacer.take(start + Duration::from_micros(999)),
            None,
            "the second is not due yet"
        );
        assert_eq!(
            pacer.take(start + Duration::from_millis(1)),
            Some(start + Duration::from_millis(1))
        );
    }

    #[test]
    fn after_a_stall_all_that_was_missed_is_due_at_its_own_time() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, 300);
        let late = start + Duration::from_secs(10);
        let due: Vec<Instant> = std::iter::from_fn(|| pacer.take(late)).collect();
        assert_eq!(due.len(), 3_001, "a stall takes nothing off the load");
        assert_eq!(
            due[1],
            start + Duration::from_nanos(3_333_333),
            "and each waits from when it was due"
        );
        assert_eq!(due[3_000], late, "no rounding adds up");
    }

    #[test]
    fn threads_share_a_rate_without_a_gap() {
        let start = Instant::now();
        let end = start + Duration::from_secs(1);
        let mut parts: Vec<Pacer> = (0..3).map(|part| Pacer::part(start, 1_000, part, 3)).collect();
        let last = parts.pop().map_or(0, |pacer| pacer.overdue(end));
        let mut due: Vec<Instant> = parts
            .iter_mut()
            .flat_map(|pacer| std::iter::from_fn(|| pacer.take(end)))
            .collect();
        due.sort_unstable();
        due.retain(|due| *due < end);
        assert_eq!(
            (due.len(), last),
            (667, 333),
            "operations 2, 5, 8 ... of 1,000 are the last thread's"
        );
        assert_eq!(due[..3], [0, 1, 3].map(|number| start + Duration::from_millis(number)));
    }
}

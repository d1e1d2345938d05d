//! The open loop: operation `n` is due at `start + n / rate`, whatever became of those before it.
//!
//! Latency is counted from the due moment. A closed loop, which sends when the last reply has come, would ask a stalled server for nothing
//! and then report that nothing waited (coordinated omission).

use std::time::{Duration, Instant};

/// When operations are due.
#[derive(Debug)]
pub(crate) struct Pacer {
    start: Instant,
    rate: u32,
    taken: u64,
}

impl Pacer {
    /// `rate` operations a second from `start` on; `rate` is not 0.
    pub(crate) fn new(start: Instant, rate: u32) -> Self {
        Pacer { start, rate, taken: 0 }
    }

    /// When the next operation is due.
    pub(crate) fn next_due(&self) -> Instant {
        let (whole, rest) = (self.taken / u64::from(self.rate), self.taken % u64::from(self.rate));
        // By whole seconds first: nanoseconds since the start times the rate would be too many for 64 bits within days.
        self.start + Duration::from_secs(whole) + Duration::from_nanos(rest * 1_000_000_000 / u64::from(self.rate))
    }

    /// The due moment of the next operation, if it has come.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Instant> {
        let due = self.next_due();
        (due <= now).then(|| {
            self.taken += 1;
            due
        })
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
}

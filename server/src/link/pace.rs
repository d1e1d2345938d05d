//! How fast arcs come in: at most so many bytes a second (`move-bytes-per-second-max`), whoever sends them.
//!
//! The credit is the receiver's. An arc comes in chunks, each of which its receiver asks for; what it does not ask for is not sent, and what it has
//! asked for is bounded by the exchanges under way. So the receiver alone decides, by when it asks, and a receiver that is slow to merge slows its
//! sources down by that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What may come in ahead of its time: timers are good to a millisecond or two, and one chunk takes less at the default.
const AHEAD_NS: u64 = 2_000_000;

/// See the module's header. Times are those of one monotonic clock, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When all that has come in was due.
    due_ns: AtomicU64,
}

impl Pace {
    /// `bytes` have come in, of which `per_second` may; 0: as many as there are.
    pub(crate) fn on_bytes(&self, now_ns: u64, bytes: usize, per_second: usize) {
        let takes_ns = (bytes as u64)
            .saturating_mul(1_000_000_000)
            .checked_div(per_second as u64)
            .unwrap_or(0);
        let later = |due_ns: u64| due_ns.max(now_ns).saturating_add(takes_ns);
        // Whoever else adds something meanwhile only makes it later.
        let _ = self
            .due_ns
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due_ns| Some(later(due_ns)));
    }

    /// How long to wait before more is asked for.
    pub(crate) fn wait(&self, now_ns: u64) -> Option<Duration> {
        let ahead_ns = self.due_ns.load(Ordering::Relaxed).saturating_sub(now_ns);
        (ahead_ns > AHEAD_NS).then(|| Duration::from_nanos(ahead_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    #[test]
    fn a_second_of_bytes_takes_a_second_however_they_come() {
        for chunk in [1_000, 10_000, 100_000] {
            let (pace, mut now_ns, mut bytes) = (Pace::default(), 5 * S, 0);
            while bytes < 1_000_000 {
                while let Some(wait) = pace.wait(now_ns) {
                    now_ns += wait.as_nanos() as u64;
                }
                bytes += chunk;
                pace.on_bytes(now_ns, chunk, 1_000_000);
            }
            let took_ns = now_ns - 5 * S;
            let least_ns = S - chunk as u64 * 1_000 - AHEAD_NS;
            assert!((least_ns..=S).contains(&took_ns), "{chunk} at a time: {took_ns}");
        }
    }

    #[test]
    fn a_pause_is_not_made_up_for_and_no_limit_is_none() {
        let pace = Pace::default();
        pace.on_bytes(S, 1_000, 1_000);
        pace.on_bytes(9 * S, 500, 1_000);
        assert_eq!(pace.wait(9 * S), Some(Duration::from_millis(500)));
        let pace = Pace::default();
        pace.on_bytes(S, usize::MAX, 0);
        assert_eq!(pace.wait(S), None);
    }
}

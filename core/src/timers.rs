//! The one place where something waits for a moment.
//!
//! A machine of this crate keeps its timers in one [`TimerQueue`] and the shell sleeps on its earliest deadline. A task
//! for each timer is refused: such timers fire in whatever order the executor likes, and SWIM needs the order in which
//! they were armed.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::time::Instant;

/// Timers in the order of their deadlines; equal deadlines in the order in which they were armed.
///
/// Its length is bounded by its owner, which arms a fixed number of timers for each thing that it watches.
#[derive(Debug)]
pub(crate) struct TimerQueue<T> {
    heap: BinaryHeap<Armed<T>>,
    armed_count: u64,
}

impl<T> TimerQueue<T> {
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            armed_count: 0,
        }
    }

    /// Has `timer` come out once `deadline` is reached.
    pub(crate) fn arm(&mut self, deadline: Instant, timer: T) {
        self.armed_count += 1;
        self.heap.push(Armed {
            deadline,
            sequence: self.armed_count,
            timer,
        });
    }

    /// When the next timer is due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.heap.peek().map(|armed| armed.deadline)
    }

    /// The first timer whose deadline has been reached.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<T> {
        if self.next_deadline()? > now {
            return None;
        }
        self.heap.pop().map(|armed| armed.timer)
    }

    /// Puts every deadline off by `delay`: the time passed without us, and does not count.
    pub(crate) fn postpone_all(&mut self, delay: Duration) {
        let postpone = |armed: Armed<T>| Armed {
            deadline: armed.deadline + delay,
            ..armed
        };
        self.heap = std::mem::take(&mut self.heap).into_iter().map(postpone).collect();
    }

    /// Disarms the timers that `keep` does not want.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.heap.retain(|armed| keep(&armed.timer));
    }
}

#[derive(Debug)]
struct Armed<T> {
    deadline: Instant,
    sequence: u64,
    timer: T,
}

impl<T> Armed<T> {
    fn key(&self) -> (Instant, u64) {
        (self.deadline, self.sequence)
    }
}

impl<T> PartialEq for Armed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Armed<T> {}

impl<T> PartialOrd for Armed<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reversed: the heap's greatest is the earliest.
impl<T> Ord for Armed<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &mut TimerQueue<u32>, now_ms: u64) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop_due(Instant::from_millis(now_ms))).collect()
    }

    #[test]
    fn timers_come_out_by_deadline_and_then_as_they_were_armed() {
        let mut queue = TimerQueue::new();
        for (deadline_ms, timer) in [(20, 1), (10, 2), (20, 3), (10, 4), (30, 5)] {
            queue.arm(Instant::from_millis(deadline_ms), timer);
        }
        assert_eq!(drain(&mut queue, 9), [], "none is due");
        assert_eq!(drain(&mut queue, 20), [2, 4, 1, 3]);
        assert_eq!(queue.next_deadline(), Some(Instant::from_millis(30)));
    }

    #[test]
    fn postponing_keeps_the_order() {
        let mut queue = TimerQueue::new();
        for timer in [1, 2, 3] {
            queue.arm(Instant::from_millis(10), timer);
        }
        queue.postpone_all(Duration::from_millis(500));
        assert_eq!(drain(&mut queue, 509), []);
        assert_eq!(drain(&mut queue, 510), [1, 2, 3]);
    }

    #[test]
    fn a_disarmed_timer_never_comes_out() {
        let mut queue = TimerQueue::new();
        for timer in [1, 2, 3] {
            queue.arm(Instant::from_millis(10), timer);
        }
        queue.retain(|&timer| timer != 2);
        assert_eq!(drain(&mut queue, 10), [1, 3]);
    }
}

//! Whether this node's clock can be believed.
//!
//! Stamps are made of the coordinator's clock. One that is far ahead makes stamps that the others refuse; far behind, it makes none that win. The
//! node cannot know who is right, but if most of the members differ from it by more than the limit, it is the odd one out, and steps
//! down as coordinator until it agrees again.

use crate::time::{Instant, WallMs};

/// Samples that are kept of one peer.
const SAMPLES: usize = 3;

/// A sample older than this says nothing.
const SAMPLE_AGE_MS_MAX: u64 = 10_000;

/// How far a peer's clock is from ours, from what it said lately.
#[derive(Debug, Default)]
pub(super) struct ClockOffset {
    samples: [Option<(Instant, i64)>; SAMPLES],
    next: usize,
}

impl ClockOffset {
    /// The peer's clock stood at `theirs` when it said so, ours at `ours` when we heard it.
    pub(super) fn on_sample(&mut self, mono: Instant, ours: WallMs, theirs: WallMs) {
        self.samples[self.next] = Some((mono, difference_ms(theirs, ours)));
        self.next = (self.next + 1) % SAMPLES;
    }

    /// By how many milliseconds the peer's clock is ahead of ours; negative if behind; none if it said nothing lately.
    ///
    /// The greatest of the samples: what took long to arrive, or waited while we stood still, makes the peer look behind, never ahead.
    pub(super) fn ahead_ms(&self, now: Instant) -> Option<i64> {
        let is_fresh = |at: &Instant| now.since(*at).as_millis() <= u128::from(SAMPLE_AGE_MS_MAX);
        self.samples
            .iter()
            .flatten()
            .filter(|(at, _)| is_fresh(at))
            .map(|&(_, ahead)| ahead)
            .max()
    }
}

/// Whether this node is to believe its clock, given how far the peers that speak are ahead of it, in a cluster of `members`.
///
/// If not: by how much it is ahead of the median of those that differ. Silent peers count as agreeing: a node that hears few cannot
/// be the odd one out.
pub(super) fn judge(ahead_ms: &[i64], members: usize, off_ms_max: u32) -> Result<(), i64> {
    let mut differing: Vec<i64> = ahead_ms
        .iter()
        .copied()
        .filter(|&ahead| is_off(ahead, off_ms_max))
        .collect();
    if differing.len() * 2 <= members {
        return Ok(());
    }
    differing.sort_unstable();
    Err(-differing[differing.len() / 2])
}

/// Whether clocks that differ by this many milliseconds differ too much.
pub(super) fn is_off(ahead_ms: i64, off_ms_max: u32) -> bool {
    ahead_ms.unsigned_abs() > u64::from(off_ms_max)
}

fn difference_ms(a: WallMs, b: WallMs) -> i64 {
    let (a, b) = (
        i64::try_from(a.get()).unwrap_or(i64::MAX),
        i64::try_from(b.get()).unwrap_or(i64::MAX),
    );
    a - b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_steps_down_when_most_members_differ_from_it() {
        let cases: [(&[i64], usize, Result<(), i64>); 8] = [
            (&[], 3, Ok(())),
            (&[-6000, -6001], 3, Err(6000)),
            (&[6000, 6001], 3, Err(-6001)),
            (&[-6000, 10], 3, Ok(())),
            (&[-6000], 3, Ok(())),
            (&[-6000], 2, Ok(())),
            (&[5000, -5000], 3, Ok(())),
            (&[-6000, 7000, 8000, 0], 5, Err(-7000)),
        ];
        for (ahead, members, expected) in cases {
            assert_eq!(
                judge(ahead, members, 5000),
                expected,
                "peers ahead by {ahead:?} ms of {members} members"
            );
        }
    }

    #[test]
    fn a_word_that_waited_does_not_make_a_peer_look_behind() {
        let mut offset = ClockOffset::default();
        let at = Instant::from_millis;
        assert_eq!(offset.ahead_ms(at(0)), None);
        offset.on_sample(at(1000), WallMs::new(11_000), WallMs::new(11_000));
        // We stood still for 8 s; what was said meanwhile is heard now.
        offset.on_sample(at(9000), WallMs::new(19_000), WallMs::new(12_000));
        offset.on_sample(at(9001), WallMs::new(19_001), WallMs::new(19_000));
        assert_eq!(offset.ahead_ms(at(9001)), Some(0));
        assert_eq!(offset.ahead_ms(at(30_000)), None, "that was long ago");
    }
}

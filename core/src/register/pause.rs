//! How long a proposer waits.

use std::time::Duration;

/// Without enough answers for so long, a phase is given up: some hundred times what two nodes of one place and their disks need.
pub(super) const PHASE_MAX: Duration = Duration::from_secs(1);

/// A proposal that is not through by then is given up; whoever asked is told.
pub(super) const PROPOSAL_MAX: Duration = Duration::from_secs(10);

/// Longest pause after the first attempt that failed: two round trips with their syncs, so that whoever was in the way is through.
const FIRST_MAX: Duration = Duration::from_millis(20);

/// Longest pause after any attempt.
const ANY_MAX: Duration = Duration::from_secs(1);

/// The pause after `failures` (at least 1) attempts in a row: between half and all of a span that doubles each time. `random` is any number, drawn anew for
/// each pause: proposers that paused alike would meet again.
pub(super) fn after(failures: u32, random: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = (FIRST_MAX * (1 << doublings)).min(ANY_MAX);
    let half = longest / 2;
    // At most half a second in nanoseconds: far below 2^32.
    half + Duration::from_nanos(random % (half.as_nanos() as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second_and_differ_by_half() {
        let longest = |failures| after(failures, (FIRST_MAX / 2).as_nanos() as u64);
        assert_eq!((longest(1), after(1, 0)), (FIRST_MAX, FIRST_MAX / 2));
        for failures in 1..80 {
            let shortest = after(failures, 0);
            let span = (FIRST_MAX * 2_u32.pow(failures.min(20) - 1)).min(ANY_MAX);
            assert_eq!(shortest, span / 2);
            for random in [1, 77, u64::MAX] {
                let pause = after(failures, random);
                assert!(pause >= span / 2 && pause <= span, "{failures}: {pause:?}");
            }
        }
    }
}

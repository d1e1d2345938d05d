//! The allocator, and how a node gives memory back that it does not need any more.
//!
//! mimalloc keeps what was freed in two places, and looks at both only when somebody allocates or frees:
//!
//! ```text
//!   a block is freed -> its page has no block left -> the page goes back to the arena -> the kernel gets its memory back
//!                       (a)                                                           (b)
//! ```
//!
//! (a) A page is given back by the thread that it belongs to. If another thread freed its last block, that is when the owner next looks: when it wants a
//! block of that size, or after ten thousand larger allocations. Buckets of growing tables are such blocks: a size that no table has any more is never asked for.
//! (b) The kernel gets it back a second later, if some page is freed then. A node that was filled, and then only answers, frees none: a fifth of its memory stayed so.
//!
//! So a thread of its own does (b) twice a second, and begins a round: each thread of the data plane that is about to sleep does (a) for its own pages, once. One that never sleeps
//! allocates, and so does it anyway; those that are asleep are woken. What was freed and is used again within half a second mostly stays. A process
//! that hardly runs frees hardly anything: there is a round every ten seconds then.
//!
//! Refused: a shorter delay of (b) (mimalloc's `purge_delay`), which helps only while pages are freed and leaves (a) as it is. Bucket arrays mapped one by one: each look-up would
//! miss the translation buffer, for want of huge pages. Figures: docs/design/store.md.

#![allow(
    unsafe_code,
    reason = "mimalloc's function that gives memory back is not to be had from safe code"
)]

use mimalloc::MiMalloc;
use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// Least memory for entries of 16 to 200 bytes of the allocators measured: docs/design/store.md.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Half of the second that mimalloc leaves freed memory alone: what a thread gives back in one round goes to the kernel two or three rounds later.
const PERIOD: Duration = Duration::from_millis(500);
/// What the process takes of a processor in one period when it has nothing to do, with much to spare: one per cent.
const CPU_AT_REST: Duration = Duration::from_millis(5);
/// Periods at rest that have a round: enough to give back all that was freed before them.
const ROUNDS_AT_REST: u32 = 6;
/// One of so many periods has a round after these, for what was freed by little work.
const PERIODS_A_ROUND: u32 = 20;
/// How nice the thread is: giving back tens of megabytes takes milliseconds, which commands shall not wait for.
const NICENESS: i32 = 10;

/// The rounds so far.
static ROUND: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The last round that this thread took part in.
    static LAST: Cell<u64> = const { Cell::new(0) };
}

unsafe extern "C" {
    /// mimalloc: frees this thread's pages that have no block left, and gives to the kernel what has been free long enough; with `force`, both at once. Any thread may call it
    /// at any time: what it looks at is its own, or atomic.
    safe fn mi_collect(force: bool);
}

/// Begins the rounds, in which the threads of `runtime` take part that call [`before_sleep`]. They go on until the process ends.
///
/// # Errors
/// The system has no more threads.
pub(crate) fn begin_giving_back(runtime: Handle) -> std::io::Result<()> {
    let rounds = move || {
        // Of this thread alone, on Linux. Where it is not allowed, it runs like the others.
        let _ = rustix::process::setpriority_process(None, NICENESS);
        let (mut rest, mut before) = (Rest::default(), cpu());
        loop {
            std::thread::sleep(PERIOD);
            let now = cpu();
            if rest.has_round(now.saturating_sub(before)) {
                round(&runtime);
            }
            before = now;
        }
    };
    std::thread::Builder::new().name("give-back".into()).spawn(rounds)?;
    Ok(())
}

/// To be called by a thread that is about to sleep: takes part in the round, once.
#[inline]
pub(crate) fn before_sleep() {
    // Relaxed: who sees it late takes part late.
    let round = ROUND.load(Ordering::Relaxed);
    if LAST.replace(round) != round {
        mi_collect(false);
    }
}

fn round(runtime: &Handle) {
    mi_collect(false);
    ROUND.fetch_add(1, Ordering::Relaxed);
    // A thread that finds a task wakes the next one. Should one sleep on nevertheless, there are more rounds.
    for _ in 0..runtime.metrics().num_workers() {
        runtime.spawn(async {});
    }
}

/// What all threads of the process took of the processors.
fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// Which periods have a round.
#[derive(Default)]
struct Rest {
    /// The periods at rest since the last one that was not.
    periods: u32,
}

impl Rest {
    /// Whether a round follows on a period in which the process took `cpu`.
    fn has_round(&mut self, cpu: Duration) -> bool {
        self.periods = if cpu > CPU_AT_REST {
            0
        } else {
            self.periods.wrapping_add(1)
        };
        self.periods <= ROUNDS_AT_REST || self.periods.is_multiple_of(PERIODS_A_ROUND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_at_rest_has_few_rounds_and_the_first_ones_at_once() {
        let mut rest = Rest::default();
        assert!((0..100).all(|_| rest.has_round(CPU_AT_REST * 2)), "it works");
        let rounds: Vec<u32> = (1..=60).filter(|_| rest.has_round(CPU_AT_REST)).collect();
        assert_eq!(rounds, [1, 2, 3, 4, 5, 6, 20, 40, 60]);
        assert!(rest.has_round(CPU_AT_REST * 2), "it works again");
    }
}

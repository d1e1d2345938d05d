//! The sweeper's rest: links without questions need no clock.
//!
//! ```text
//!   awake     looks again at a moment that it has chosen, a millisecond or some ahead
//!   ticking   looks again at the next tick of the links' clocks, or when somebody checks what others could be asked too
//!   resting   until somebody asks anything
//! ```
//!
//! The clock of the links ticks a hundred times a second while some question waits, and stands still otherwise, so that a
//! cluster at rest costs nothing. Whoever asks wakes it.
//!
//! No question is missed. The sweeper says that it rests *before* it looks into the rings of questions, and an asker looks
//! whether it rests *after* it put its question there; both go through the ring's lock, so either the sweeper sees the
//! question or the asker sees that the sweeper rests.

use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// See the module's header.
#[derive(Debug, Default)]
pub(crate) struct Sweeper {
    /// What wakes it: [`AWAKE`], [`TICKING`] or [`RESTING`].
    sleeps: AtomicU8,
    wake: Notify,
}

/// Nothing has to.
const AWAKE: u8 = 0;
/// Checks.
const TICKING: u8 = 1;
/// All questions.
const RESTING: u8 = 2;

impl Sweeper {
    /// Rests until somebody asks, if nothing waits; `waits` looks into the rings.
    pub(crate) async fn rest_unless(&self, waits: impl Fn() -> bool) {
        self.sleeps.store(RESTING, Ordering::Relaxed);
        if !waits() {
            self.wake.notified().await;
        }
        self.sleeps.store(AWAKE, Ordering::Relaxed);
    }

    /// Sleeps until the tick, or until somebody checks, if no check waits that was not looked at; `checks_wait` looks into the rings. Says whether it
    /// was a check.
    pub(crate) async fn tick_unless(&self, tick: Instant, checks_wait: impl Fn() -> bool) -> bool {
        self.sleeps.store(TICKING, Ordering::Relaxed);
        let checks = checks_wait() || timeout_at(tick, self.wake.notified()).await.is_ok();
        self.sleeps.store(AWAKE, Ordering::Relaxed);
        checks
    }

    /// A question was put into a ring; `checks`: one that is timed.
    pub(crate) fn on_question(&self, checks: bool) {
        let needed = if checks { TICKING } else { RESTING };
        if self.sleeps.load(Ordering::Relaxed) >= needed {
            self.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(10);

    async fn until_it_sleeps(sweeper: &Sweeper) {
        while sweeper.sleeps.load(Ordering::Relaxed) == AWAKE {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_question_ends_the_rest() {
        let sweeper = Arc::new(Sweeper::default());
        let resting = tokio::spawn({
            let sweeper = Arc::clone(&sweeper);
            async move { sweeper.rest_unless(|| false).await }
        });
        until_it_sleeps(&sweeper).await;
        assert!(!resting.is_finished());
        sweeper.on_question(false);
        tokio::time::timeout(LONG, resting).await.expect("woken").unwrap();
    }

    #[tokio::test]
    async fn there_is_no_rest_while_something_waits() {
        let sweeper = Sweeper::default();
        sweeper.rest_unless(|| true).await;
        assert!(sweeper.tick_unless(Instant::now() + LONG, || true).await);
    }

    #[tokio::test]
    async fn between_ticks_only_a_check_wakes_it() {
        let sweeper = Arc::new(Sweeper::default());
        const TICK: Duration = Duration::from_millis(50);
        for (checks, tick) in [(false, TICK), (true, LONG)] {
            let begin = Instant::now();
            let ticking = tokio::spawn({
                let sweeper = Arc::clone(&sweeper);
                async move { sweeper.tick_unless(begin + tick, || false).await }
            });
            until_it_sleeps(&sweeper).await;
            sweeper.on_question(checks);
            assert_eq!(ticking.await.unwrap(), checks);
            assert_eq!(begin.elapsed() < tick, checks, "a check: {checks}");
        }
    }
}

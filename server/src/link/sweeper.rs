//! The sweeper's rest: links without questions need no clock.
//!
//! The clock of the links ticks a hundred times a second while some question waits, and stands still otherwise, so that a
//! cluster at rest costs nothing. Whoever asks wakes it.
//!
//! No question is missed. The sweeper says that it rests *before* it looks into the rings of questions, and an asker looks
//! whether it rests *after* it put its question there; both go through the ring's lock, so either the sweeper sees the
//! question or the asker sees that the sweeper rests.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// See the module's header.
#[derive(Debug, Default)]
pub(crate) struct Sweeper {
    resting: AtomicBool,
    wake: Notify,
}

impl Sweeper {
    /// Rests until somebody asks, if nothing waits; `waits` looks into the rings.
    pub(crate) async fn rest_unless(&self, waits: impl Fn() -> bool) {
        self.resting.store(true, Ordering::Relaxed);
        if !waits() {
            self.wake.notified().await;
        }
        self.resting.store(false, Ordering::Relaxed);
    }

    /// A question was put into a ring.
    pub(crate) fn on_question(&self) {
        if self.resting.load(Ordering::Relaxed) {
            self.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    #[tokio::test]
    async fn a_question_ends_the_rest() {
        let sweeper = Arc::new(Sweeper::default());
        let resting = tokio::spawn({
            let sweeper = Arc::clone(&sweeper);
            async move { sweeper.rest_unless(|| false).await }
        });
        while !sweeper.resting.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        assert!(!resting.is_finished());
        sweeper.on_question();
        tokio::time::timeout(Duration::from_secs(10), resting)
            .await
            .expect("woken")
            .unwrap();
    }

    #[tokio::test]
    async fn there_is_no_rest_while_something_waits() {
        let sweeper = Sweeper::default();
        sweeper.rest_unless(|| true).await;
    }
}

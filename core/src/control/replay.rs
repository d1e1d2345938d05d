//! When the hints for one peer are sent.

use std::time::Duration;

use super::ReplayOutcome;
use crate::time::Instant;

/// The longest pause that a receiver may ask for between two batches.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The pause after a batch that failed.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// Paces the batches of hints for one peer: one at a time, at the pace of the receiver.
#[derive(Debug, Default)]
pub(super) struct Replay {
    pending: bool,
    running: bool,
    not_before: Option<Instant>,
}

impl Replay {
    /// There may be hints: some were recorded, or the peer is back.
    pub(super) fn on_pending(&mut self) {
        self.pending = true;
    }

    /// Whether a batch is to be sent now. Then one is on its way until its outcome is reported.
    pub(super) fn begin(&mut self, now: Instant) -> bool {
        if !self.pending || self.running || self.not_before.is_some_and(|moment| now < moment) {
            return false;
        }
        // What is recorded from now on may miss this batch.
        self.pending = false;
        self.running = true;
        self.not_before = None;
        true
    }

    /// A batch was dealt with.
    pub(super) fn on_replayed(&mut self, now: Instant, outcome: ReplayOutcome) {
        if !self.running {
            return;
        }
        self.running = false;
        let pause = match outcome {
            ReplayOutcome::Drained => return,
            ReplayOutcome::More { pause } => pause.min(PAUSE_MAX),
            ReplayOutcome::Failed => RETRY_PAUSE,
        };
        self.pending = true;
        self.not_before = Some(now + pause);
    }

    /// When the next batch is due.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.pending && !self.running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_go_one_at_a_time_at_the_pace_of_the_receiver() {
        let at = Instant::from_millis;
        let mut replay = Replay::default();
        assert!(!replay.begin(at(0)), "there is nothing to send");
        replay.on_pending();
        assert!(replay.begin(at(0)));
        replay.on_pending();
        assert!(!replay.begin(at(1)), "one is on its way");
        replay.on_replayed(
            at(2),
            ReplayOutcome::More {
                pause: Duration::from_millis(50),
            },
        );
        assert!(!replay.begin(at(51)), "the receiver wants a pause");
        assert_eq!(replay.next_deadline(), Some(at(52)));
        assert!(replay.begin(at(52)));
        replay.on_replayed(at(53), ReplayOutcome::Failed);
        assert!(!replay.begin(at(54)));
        assert!(replay.begin(at(253)), "a failed batch is sent again");
        replay.on_replayed(at(254), ReplayOutcome::Drained);
        assert!(!replay.begin(at(1000)));
        assert_eq!(replay.next_deadline(), None);
    }

    #[test]
    fn a_hint_recorded_during_the_last_batch_is_not_forgotten() {
        let mut replay = Replay::default();
        replay.on_pending();
        assert!(replay.begin(Instant::ZERO));
        replay.on_pending();
        replay.on_replayed(Instant::ZERO, ReplayOutcome::Drained);
        assert!(replay.begin(Instant::ZERO));
    }
}

//! How far this node may trust its own judgement of others.
//!
//! Most false deaths are declared by slow observers, not suffered by slow nodes (the finding of the Lifeguard paper). So an observer that
//! finds itself slow doubts longer: its suspects get `1 + score` times the usual time to refute.
//!
//! ```text
//! score +1   a timer of ours fired so late that we must have stood still
//! score +1   a probe failed while nobody at all was heard (several peers are silent: it is rather us)
//! score -1   a probe was answered
//! ```
//!
//! A failed probe alone does not count, unlike in Lifeguard: one dead node would then slow down its own detection, and the budget for
//! that is 1.5 s.

/// The score of one node about itself.
#[derive(Debug, Default)]
pub(crate) struct LocalHealth {
    // Invariant: at most SCORE_MAX.
    score: u32,
    heard_since_probe: bool,
}

/// At worst a suspect has four times as long to refute.
const SCORE_MAX: u32 = 3;

impl LocalHealth {
    /// By how much the time to refute is stretched: 1 to 4.
    pub(crate) fn doubt_factor(&self) -> u32 {
        1 + self.score
    }

    /// We stood still.
    pub(crate) fn on_stall(&mut self) {
        self.score = (self.score + 1).min(SCORE_MAX);
    }

    /// A member was heard.
    pub(crate) fn on_heard(&mut self) {
        self.heard_since_probe = true;
    }

    /// A probe ended, and the next one begins.
    pub(crate) fn on_probe_end(&mut self, answered: bool, peers: usize) {
        if answered {
            self.score = self.score.saturating_sub(1);
        } else if peers > 1 && !self.heard_since_probe {
            self.score = (self.score + 1).min(SCORE_MAX);
        }
        self.heard_since_probe = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stalls_stretch_the_doubt_up_to_a_limit_and_answered_probes_end_it() {
        let mut health = LocalHealth::default();
        let mut factors = vec![health.doubt_factor()];
        for _ in 0..4 {
            health.on_stall();
            factors.push(health.doubt_factor());
        }
        for _ in 0..4 {
            health.on_probe_end(true, 2);
            factors.push(health.doubt_factor());
        }
        assert_eq!(factors, [1, 2, 3, 4, 4, 3, 2, 1, 1]);
    }

    #[test]
    fn one_dead_member_does_not_slow_down_its_own_detection() {
        let mut health = LocalHealth::default();
        for _ in 0..3 {
            health.on_heard();
            health.on_probe_end(false, 2);
        }
        assert_eq!(health.doubt_factor(), 1, "the others are heard: it is the probed one");
        health.on_probe_end(false, 1);
        assert_eq!(health.doubt_factor(), 1, "the only peer is silent: nobody can tell");
        health.on_probe_end(false, 2);
        assert_eq!(health.doubt_factor(), 2, "all peers are silent: it may be us");
    }
}

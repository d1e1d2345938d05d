//! When a node is asked, and when it is left alone: a circuit breaker.
//!
//! ```text
//!   Closed --failures--> Open until t --t--> Probing --success--> Closed
//!                          ^----------failure----'   (a longer rest)
//! ```
//!
//! Calls are never the probe: while the breaker is not closed they go to other nodes, and a background connection finds out. A call that waits for
//! a dead node is what a breaker is there to prevent.

use std::time::Duration;
use tokio::time::Instant;

/// See the module's header. Pure: time and chance are arguments.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: State,
    /// Calls in a row without an answer in time.
    failures: u32,
    failures_max: u32,
    /// Rests in a row that no success ended.
    rests: u32,
    rest: Duration,
    rest_max: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Instant },
    Probing,
}

/// What the breaker says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The node may be asked.
    Pass,
    /// It may not, but somebody should find out whether it is back: the caller of this, and nobody else.
    Probe,
    /// It may not.
    Refuse,
}

impl Breaker {
    pub(crate) fn new(failures_max: u32, rest: Duration, rest_max: Duration) -> Self {
        Breaker {
            state: State::Closed,
            failures: 0,
            failures_max: failures_max.max(1),
            rests: 0,
            rest,
            rest_max,
        }
    }

    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        match self.state {
            State::Closed => Admission::Pass,
            State::Open { until } if until <= now => {
                self.state = State::Probing;
                Admission::Probe
            }
            State::Open { .. } | State::Probing => Admission::Refuse,
        }
    }

    /// The node answered. True if that ends a rest.
    pub(crate) fn on_success(&mut self) -> bool {
        self.failures = 0;
        self.rests = 0;
        std::mem::replace(&mut self.state, State::Closed) != State::Closed
    }

    /// The node did not answer a call in time. True if it is left alone from now on. `chance` is at random from 0 to 1.
    pub(crate) fn on_failure(&mut self, now: Instant, chance: f64) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.failures >= self.failures_max && self.open(now, chance)
    }

    /// The node takes no connection. True if it is left alone only from now on.
    pub(crate) fn on_refusal(&mut self, now: Instant, chance: f64) -> bool {
        self.open(now, chance)
    }

    /// Whether calls are kept from the node.
    pub(crate) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    fn open(&mut self, now: Instant, chance: f64) -> bool {
        if matches!(self.state, State::Open { .. }) {
            return false;
        }
        let was_closed = self.state == State::Closed;
        let until = now + jittered(self.rest, self.rests, self.rest_max, chance);
        self.state = State::Open { until };
        self.rests = self.rests.saturating_add(1);
        self.failures = 0;
        was_closed
    }
}

/// The pause before try `number` (from 0): doubled each time up to `max`, and drawn between half of that and all of it, so that those who
/// failed together do not come back together.
pub(crate) fn jittered(first: Duration, number: u32, max: Duration, chance: f64) -> Duration {
    let whole = first.saturating_mul(1 << number.min(20)).min(max);
    whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_millis(100);

    fn breaker() -> (Breaker, Instant) {
        (Breaker::new(3, REST, REST * 4), Instant::now())
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let (mut breaker, now) = breaker();
        for _ in 0..2 {
            assert!(!breaker.on_failure(now, 1.0));
        }
        breaker.on_success();
        for _ in 0..2 {
            assert!(!breaker.on_failure(now, 1.0));
        }
        assert_eq!(breaker.admit(now), Admission::Pass);
        assert!(breaker.on_failure(now, 1.0), "the third in a row");
        assert_eq!(breaker.admit(now), Admission::Refuse);
    }

    #[test]
    fn after_the_rest_one_probes_and_the_others_wait_for_what_it_finds() {
        let (mut breaker, now) = breaker();
        assert!(breaker.on_refusal(now, 1.0), "one refused connection is enough");
        let later = now + REST;
        assert_eq!(breaker.admit(later), Admission::Probe);
        assert_eq!(breaker.admit(later), Admission::Refuse);
        assert!(!breaker.on_refusal(later, 1.0), "it was open before");
        assert_eq!(
            breaker.admit(later + REST),
            Admission::Refuse,
            "the second rest is longer"
        );
        assert_eq!(breaker.admit(later + REST * 2), Admission::Probe);
        assert!(breaker.on_success());
        assert_eq!(breaker.admit(later), Admission::Pass);
    }

    #[test]
    fn pauses_double_up_to_their_bound_and_differ() {
        let pause = |number, chance| jittered(REST, number, REST * 4, chance);
        assert_eq!(pause(0, 1.0), REST);
        assert_eq!(pause(1, 1.0), REST * 2);
        assert_eq!(pause(60, 1.0), REST * 4);
        assert_eq!(pause(1, 0.0), REST);
    }
}

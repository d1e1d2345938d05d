//! Calls of one client at a constant rate, whatever becomes of those before them.

use crate::Failure;
use circlet_client::prelude::*;
use circlet_client::{Cmd, Repeat};
use circlet_measure::Random;
use circlet_measure::load::{Plan, Tally, run_tickets};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Far more than a healthy cluster has under way; memory is bounded all the same.
const IN_FLIGHT_MAX: usize = 200_000;

/// Longer than a call may take.
const DRAIN_MAX: Duration = Duration::from_secs(15);

/// What is called, in percent; the rest are GETs.
#[derive(Clone, Copy)]
pub(crate) struct Mix {
    pub(crate) sets: u64,
    pub(crate) incrs: u64,
    /// Keys of each kind.
    pub(crate) keys: u64,
}

/// Calls of one window each, and failures that a safe retry could cure.
pub(crate) struct Outcome {
    pub(crate) windows: Vec<Tally>,
    pub(crate) uncured: u64,
}

impl Mix {
    /// Writes every key that is read.
    ///
    /// # Errors
    /// When a write fails.
    pub(crate) async fn load(self, client: &Client) -> Result<(), Failure> {
        for key in 0..self.keys {
            client.set(string(key), "x".repeat(64)).await?;
        }
        Ok(())
    }

    /// The `number`th call, and its name.
    fn nth(self, number: u64) -> (&'static str, Cmd) {
        // A seed of its own for each, so that the calls are the same however they interleave.
        let mut random = Random::new(number);
        let (die, key) = (random.below(100), random.below(self.keys));
        match die {
            _ if die < self.sets => ("SET", cmd("SET").arg(string(key)).arg("y".repeat(64))),
            _ if die < self.sets + self.incrs => ("INCR", cmd("INCR").arg(format!("count:{key:010}"))),
            _ => ("GET", cmd("GET").arg(string(key))),
        }
    }

    /// Keeps `rate` calls a second for so many seconds from `start` on.
    ///
    /// # Errors
    /// When a thread cannot be made.
    pub(crate) async fn run(
        self,
        client: &Client,
        rate: u32,
        start: Instant,
        seconds: usize,
    ) -> Result<Outcome, Failure> {
        let plan = Plan {
            rate,
            window: Duration::from_secs(1),
            windows: seconds,
            in_flight_max: IN_FLIGHT_MAX,
            drain_max: DRAIN_MAX,
        };
        let (client, runtime) = (client.clone(), tokio::runtime::Handle::current());
        let uncured = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&uncured);
        let windows = tokio::task::spawn_blocking(move || {
            run_tickets(start, plan, |number, ticket| {
                let (client, uncured) = (client.clone(), Arc::clone(&counted));
                runtime.spawn(async move {
                    let (name, cmd) = self.nth(number);
                    let class = Repeat::of(&cmd);
                    let done = client.call::<Value>(cmd).await;
                    ticket.end(done.map(drop).map_err(|error| {
                        let safe = class.is_safe_after(&error);
                        uncured.fetch_add(u64::from(safe), Ordering::Relaxed);
                        (kind(name, &error, safe), error.to_string())
                    }));
                });
            })
        })
        .await?;
        Ok(Outcome {
            windows,
            uncured: uncured.load(Ordering::Relaxed),
        })
    }
}

fn string(key: u64) -> String {
    format!("key:{key:012}")
}

/// As `INCR Lost`; with a mark if a retry would have been safe.
fn kind(name: &str, error: &Error, safe: bool) -> String {
    format!("{name} {:?}{}", error.kind(), if safe { " (curable)" } else { "" })
}

/// All windows together.
pub(crate) fn sum(windows: &[Tally]) -> Tally {
    let mut all = Tally::default();
    windows.iter().for_each(|window| all.merge(window.clone()));
    all
}

/// Milliseconds of a share of the calls.
pub(crate) fn ms(tally: &Tally, share: f64) -> f64 {
    tally.latency.quantile(share) as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_what_was_asked_for_and_the_same_each_time() {
        let mix = Mix {
            sets: 20,
            incrs: 5,
            keys: 100,
        };
        let count = |name: &str| (0..10_000).filter(|number| mix.nth(*number).0 == name).count();
        assert!((1_900..2_100).contains(&count("SET")), "{}", count("SET"));
        assert!((430..570).contains(&count("INCR")), "{}", count("INCR"));
        assert_eq!(count("SET") + count("INCR") + count("GET"), 10_000);
        assert_eq!(mix.nth(7).1.to_string(), mix.nth(7).1.to_string());
    }
}

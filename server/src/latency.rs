//! The latency monitor: spikes by kind of event, as Redis's `LATENCY` shows them.
//!
//! A kind keeps its newest 160 spikes, at most one a second (the longest of that second), and the longest ever. What is
//! not a spike is in the histograms of [`crate::metrics`].

use circlet_core::time::WallMs;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Spikes that a kind of event keeps, as in Redis.
const SPIKES_MAX: usize = 160;

/// One spike: the longest of its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spike {
    /// When, in seconds since the Unix epoch.
    pub at_s: u64,
    /// How long, in milliseconds.
    pub took_ms: u64,
}

#[derive(Debug, Default)]
struct Series {
    // Invariant: at most SPIKES_MAX, oldest first, times rising strictly.
    spikes: VecDeque<Spike>,
    longest_ms: u64,
}

/// Spikes by kind of event. Kinds are names in the source (`command`, `fork`, ...), so there are few.
#[derive(Debug, Default)]
pub struct LatencyMonitor {
    series: BTreeMap<&'static str, Series>,
}

/// Whether an event of this length is a spike: `threshold_ms` is Redis's `latency-monitor-threshold`, in milliseconds,
/// 0 for never.
#[must_use]
#[inline]
pub fn is_spike(took: Duration, threshold_ms: u64) -> bool {
    threshold_ms > 0 && took.as_millis() >= u128::from(threshold_ms)
}

impl LatencyMonitor {
    /// Notes that an event of a kind took `took` and ended at `at`.
    pub fn record(&mut self, kind: &'static str, at: WallMs, took: Duration) {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let series = self.series.entry(kind).or_default();
        series.longest_ms = series.longest_ms.max(took_ms);
        let at_s = at.get() / 1_000;
        match series.spikes.back_mut() {
            // A clock that went back must not disorder the series: the spike counts in the newest second.
            Some(newest) if newest.at_s >= at_s => newest.took_ms = newest.took_ms.max(took_ms),
            _ => {
                if series.spikes.len() >= SPIKES_MAX {
                    series.spikes.pop_front();
                }
                series.spikes.push_back(Spike { at_s, took_ms });
            }
        }
    }

    /// `LATENCY LATEST`: each kind with its newest spike and the milliseconds of its longest ever, in order of names.
    pub fn latest(&self) -> impl Iterator<Item = (&'static str, Spike, u64)> {
        self.series
            .iter()
            .filter_map(|(kind, series)| Some((*kind, *series.spikes.back()?, series.longest_ms)))
    }

    /// `LATENCY HISTORY kind`: its spikes, oldest first; none for a kind that never had one.
    pub fn history(&self, kind: &str) -> impl Iterator<Item = Spike> {
        self.series
            .get(kind)
            .into_iter()
            .flat_map(|series| series.spikes.iter().copied())
    }

    /// `LATENCY RESET [kind ...]`: forgets these kinds, or all if none is named, and returns how many there were.
    pub fn reset(&mut self, kinds: &[&str]) -> usize {
        let before = self.series.len();
        self.series.retain(|kind, _| !kinds.is_empty() && !kinds.contains(kind));
        before - self.series.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(monitor: &mut LatencyMonitor, kind: &'static str, at_ms: u64, took_ms: u64) {
        monitor.record(kind, WallMs::new(at_ms), Duration::from_millis(took_ms));
    }

    #[test]
    fn the_threshold_is_inclusive_and_zero_is_never() {
        let took = Duration::from_millis(100);
        assert!(is_spike(took, 100) && !is_spike(took, 101));
        assert!(!is_spike(Duration::MAX, 0));
    }

    #[test]
    fn spikes_of_one_second_are_one_the_longest() {
        let mut monitor = LatencyMonitor::default();
        for (at_ms, took_ms) in [(1_000, 5), (1_500, 9), (1_999, 7), (2_000, 3)] {
            record(&mut monitor, "command", at_ms, took_ms);
        }
        let history: Vec<Spike> = monitor.history("command").collect();
        assert_eq!(history, [Spike { at_s: 1, took_ms: 9 }, Spike { at_s: 2, took_ms: 3 }]);
    }

    #[test]
    fn the_latest_of_each_kind_comes_with_the_longest_ever() {
        let mut monitor = LatencyMonitor::default();
        record(&mut monitor, "exchange", 1_000, 50);
        record(&mut monitor, "command", 1_000, 9);
        record(&mut monitor, "command", 2_000, 3);
        let latest: Vec<_> = monitor.latest().collect();
        assert_eq!(
            latest,
            [
                ("command", Spike { at_s: 2, took_ms: 3 }, 9),
                ("exchange", Spike { at_s: 1, took_ms: 50 }, 50)
            ]
        );
    }

    #[test]
    fn a_kind_keeps_its_newest_spikes_and_its_longest_even_when_that_has_gone() {
        let mut monitor = LatencyMonitor::default();
        record(&mut monitor, "command", 0, 999);
        (1..=200).for_each(|second| record(&mut monitor, "command", second * 1_000, 1));
        assert_eq!(monitor.history("command").count(), SPIKES_MAX);
        assert_eq!(monitor.history("command").next().map(|spike| spike.at_s), Some(41));
        assert_eq!(monitor.latest().next().map(|(_, _, longest)| longest), Some(999));
    }

    #[test]
    fn a_clock_that_goes_back_does_not_disorder_the_series() {
        let mut monitor = LatencyMonitor::default();
        record(&mut monitor, "command", 9_000, 1);
        record(&mut monitor, "command", 3_000, 8);
        assert_eq!(
            monitor.history("command").collect::<Vec<_>>(),
            [Spike { at_s: 9, took_ms: 8 }]
        );
    }

    #[test]
    fn a_reset_forgets_what_is_named_or_everything() {
        let mut monitor = LatencyMonitor::default();
        for kind in ["a", "b", "c"] {
            record(&mut monitor, kind, 1_000, 5);
        }
        assert_eq!(monitor.reset(&["b", "nope"]), 1);
        assert_eq!(monitor.latest().map(|(kind, ..)| kind).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(monitor.reset(&[]), 2);
        assert_eq!(monitor.latest().count(), 0);
    }
}

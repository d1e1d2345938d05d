//! A family of counters: one name, and a label that tells its counters apart.

use super::family::Family;
use super::shard::{self, SHARDS};
use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, MetricFamily, MetricType};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Cells in one line: two cache lines, since processors fetch them in pairs.
const LINE: usize = 16;

#[repr(align(128))]
#[derive(Default)]
struct Line([AtomicU64; LINE]);

/// Counters that differ in the value of one label, known beforehand. Any thread may count; each counts in its own memory.
pub struct Counters {
    family: Family,
    values: Vec<String>,
    shards: [OnceLock<Box<[Line]>>; SHARDS],
    /// The totals when statistics were last reset.
    reset: Mutex<Vec<u64>>,
}

impl Counters {
    /// A family `name` whose counters have the label `label`, one for each of `values`, and are addressed by their place
    /// among them.
    ///
    /// # Panics
    ///
    /// If the name or the label is none to Prometheus.
    #[must_use]
    pub fn new(name: &'static str, help: &'static str, label: &'static str, values: Vec<String>) -> Self {
        let reset = Mutex::new(vec![0; values.len()]);
        Self {
            family: Family::new(name, help, label),
            values,
            shards: [const { OnceLock::new() }; SHARDS],
            reset,
        }
    }

    /// A single counter, number 0 of a family without a label.
    #[must_use]
    pub fn single(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, "", vec![String::new()])
    }

    /// Counts one on counter `index`.
    #[inline]
    pub fn inc(&self, index: usize) {
        self.add(index, 1);
    }

    /// Counts `count` on counter `index`. A counter that does not exist is not counted.
    #[inline]
    pub fn add(&self, index: usize, count: u64) {
        let shard = shard::own();
        let lines = match self.shards[shard].get() {
            Some(lines) => lines,
            None => self.first_use(shard),
        };
        debug_assert!(
            index < self.values.len(),
            "{} has no counter {index}",
            self.family.name()
        );
        if let Some(line) = lines.get(index / LINE) {
            shard::add(&line.0[index % LINE], shard, count);
        }
    }

    #[cold]
    fn first_use(&self, shard: usize) -> &[Line] {
        let lines = self.values.len().div_ceil(LINE);
        self.shards[shard].get_or_init(|| (0..lines).map(|_| Line::default()).collect())
    }

    /// How much counter `index` has counted since the node started.
    #[must_use]
    pub fn total(&self, index: usize) -> u64 {
        let lines = self
            .shards
            .iter()
            .filter_map(OnceLock::get)
            .filter_map(|lines| lines.get(index / LINE));
        lines.fold(0, |sum, line| {
            sum.wrapping_add(line.0[index % LINE].load(Ordering::Relaxed))
        })
    }

    /// How much counter `index` has counted since statistics were last reset.
    #[must_use]
    pub fn since_reset(&self, index: usize) -> u64 {
        let before = self.reset.lock().get(index).copied().unwrap_or(0);
        self.total(index).wrapping_sub(before)
    }

    /// The label values and what each has counted since statistics were last reset.
    pub fn all_since_reset(&self) -> impl Iterator<Item = (&str, u64)> {
        self.values
            .iter()
            .enumerate()
            .map(|(index, value)| (value.as_str(), self.since_reset(index)))
    }

    /// Lets [`since_reset`](Self::since_reset) start from 0. What Prometheus sees goes on: its counters never fall.
    pub fn reset(&self) {
        let totals = (0..self.values.len()).map(|index| self.total(index)).collect();
        *self.reset.lock() = totals;
    }
}

impl Collector for Counters {
    fn desc(&self) -> Vec<&Desc> {
        self.family.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let metrics = self.values.iter().enumerate().map(|(index, value)| {
            let mut counter = Counter::default();
            #[allow(clippy::cast_precision_loss, reason = "Prometheus knows only floating point numbers")]
            counter.set_value(self.total(index) as f64);
            let mut metric = self.family.metric(value);
            metric.set_counter(counter);
            metric
        });
        self.family.collected(MetricType::COUNTER, metrics.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands() -> Counters {
        let values = ["get", "set"].map(String::from).to_vec();
        Counters::new("circlet_commands_total", "Commands.", "command", values)
    }

    #[test]
    fn counts_of_all_threads_are_summed_also_of_those_that_have_ended() {
        let counters = commands();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| counters.inc(1)));
            }
        });
        counters.add(0, 7);
        assert_eq!((counters.total(0), counters.total(1)), (7, 4_000));
    }

    #[test]
    fn a_reset_starts_the_statistics_anew_but_not_what_prometheus_reads() {
        let counters = commands();
        counters.add(0, 5);
        counters.reset();
        counters.add(0, 2);
        assert_eq!((counters.since_reset(0), counters.total(0)), (2, 7));
        let all: Vec<_> = counters.all_since_reset().collect();
        assert_eq!(all, [("get", 2), ("set", 0)]);
    }

    #[test]
    fn more_counters_than_a_line_holds_are_kept_apart() {
        let values: Vec<String> = (0..100).map(|value: u32| value.to_string()).collect();
        let counters = Counters::new("circlet_many_total", "Many.", "value", values);
        for index in 0..100 {
            counters.add(index, index as u64);
        }
        assert!((0..100).all(|index| counters.total(index) == index as u64));
    }
}

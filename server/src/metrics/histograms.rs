//! A family of latency histograms: one name, and a label that tells them apart.

use super::buckets::{self, BUCKETS};
use super::family::Family;
use super::shard::{self, SHARDS};
use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Histogram, MetricFamily, MetricType};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The bounds that Prometheus sees, in nanoseconds: 10 us to 10 s, in steps of 1, 2, 5. A percentile needs no more
/// than the order of magnitude there; INFO and LATENCY read the fine buckets.
const BOUNDS: [u64; 19] = {
    let mut bounds = [0; 19];
    let steps = [1, 2, 5];
    let mut at = 0;
    while at < bounds.len() {
        bounds[at] = steps[at % 3] * 10_u64.pow(4 + (at / 3) as u32);
        at += 1;
    }
    bounds
};

/// What one thread has measured. 9 KB, made when the thread first measures.
#[repr(align(128))]
struct Cells {
    counts: [AtomicU64; BUCKETS],
    sum: AtomicU64,
    max: AtomicU64,
}

impl Cells {
    fn new() -> Box<Self> {
        let zero = || AtomicU64::new(0);
        Box::new(Self {
            counts: std::array::from_fn(|_| zero()),
            sum: zero(),
            max: zero(),
        })
    }
}

/// The cells of one thread, by label value.
type OwnCells = Box<[OnceLock<Box<Cells>>]>;

/// Histograms of durations that differ in the value of one label, known beforehand. Any thread may record; each records
/// in its own memory.
pub struct Histograms {
    family: Family,
    values: Vec<String>,
    shards: [OnceLock<OwnCells>; SHARDS],
    /// What was there when statistics were last reset.
    reset: Mutex<Vec<Snapshot>>,
}

impl Histograms {
    /// A family `name` whose histograms have the label `label`, one for each of `values`, and are addressed by their
    /// place among them. The name should end in `_seconds`, since that is what Prometheus is shown.
    ///
    /// # Panics
    ///
    /// If the name or the label is none to Prometheus.
    #[must_use]
    pub fn new(name: &'static str, help: &'static str, label: &'static str, values: Vec<String>) -> Self {
        let reset = Mutex::new(vec![Snapshot::default(); values.len()]);
        Self {
            family: Family::new(name, help, label),
            values,
            shards: [const { OnceLock::new() }; SHARDS],
            reset,
        }
    }

    /// Records a duration of `nanos` nanoseconds on histogram `index`.
    #[inline]
    pub fn record(&self, index: usize, nanos: u64) {
        self.record_many(index, nanos, 1);
    }

    /// Records `count` durations of `nanos` nanoseconds each: a batch takes the time once. A histogram that does not exist
    /// is not recorded.
    #[inline]
    pub fn record_many(&self, index: usize, nanos: u64, count: u64) {
        let shard = shard::own();
        let Some(cells) = self.cells(shard, index) else { return };
        shard::add(&cells.counts[buckets::index(nanos)], shard, count);
        shard::add(&cells.sum, shard, nanos.wrapping_mul(count));
        shard::raise(&cells.max, shard, nanos);
    }

    #[inline]
    fn cells(&self, shard: usize, index: usize) -> Option<&Cells> {
        debug_assert!(
            index < self.values.len(),
            "{} has no histogram {index}",
            self.family.name()
        );
        let own = match self.shards[shard].get() {
            Some(own) => own,
            None => self.shards[shard].get_or_init(|| self.values.iter().map(|_| OnceLock::new()).collect()),
        };
        own.get(index).map(|cells| &**cells.get_or_init(Cells::new))
    }

    /// What histogram `index` has recorded since the node started.
    #[must_use]
    pub fn total(&self, index: usize) -> Snapshot {
        let mut total = Snapshot::default();
        for own in self.shards.iter().filter_map(OnceLock::get) {
            if let Some(cells) = own.get(index).and_then(OnceLock::get) {
                total.add(cells);
            }
        }
        total
    }

    /// What histogram `index` has recorded since statistics were last reset; its maximum is since the start.
    #[must_use]
    pub fn since_reset(&self, index: usize) -> Snapshot {
        let mut total = self.total(index);
        if let Some(before) = self.reset.lock().get(index) {
            total.subtract(before);
        }
        total
    }

    /// The label values and what each has recorded since statistics were last reset.
    pub fn all_since_reset(&self) -> impl Iterator<Item = (&str, Snapshot)> {
        self.values
            .iter()
            .enumerate()
            .map(|(index, value)| (value.as_str(), self.since_reset(index)))
    }

    /// Lets [`since_reset`](Self::since_reset) start from nothing. What Prometheus sees goes on.
    pub fn reset(&self) {
        let totals = (0..self.values.len()).map(|index| self.total(index)).collect();
        *self.reset.lock() = totals;
    }
}

/// What a histogram holds at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    counts: Box<[u64]>,
    sum: u64,
    max: u64,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS].into(),
            sum: 0,
            max: 0,
        }
    }
}

impl Snapshot {
    fn add(&mut self, cells: &Cells) {
        for (count, cell) in self.counts.iter_mut().zip(&cells.counts) {
            *count = count.wrapping_add(cell.load(Ordering::Relaxed));
        }
        self.sum = self.sum.wrapping_add(cells.sum.load(Ordering::Relaxed));
        self.max = self.max.max(cells.max.load(Ordering::Relaxed));
    }

    fn subtract(&mut self, before: &Self) {
        for (count, before) in self.counts.iter_mut().zip(&before.counts) {
            *count = count.wrapping_sub(*before);
        }
        self.sum = self.sum.wrapping_sub(before.sum);
    }

    /// How many durations were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their sum.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum)
    }

    /// The longest of them.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// The duration that `percent` of them do not exceed, at most 3.2% too long; zero if there are none.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Duration {
        let count = self.count();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank within 0..=count; a count that a float rounds needs no exact rank"
        )]
        let rank = ((percent.clamp(0.0, 100.0) / 100.0 * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut passed = 0;
        for (bucket, in_bucket) in self.counts.iter().enumerate() {
            passed += in_bucket;
            if passed >= rank {
                return Duration::from_nanos(buckets::upper(bucket).min(self.max));
            }
        }
        Duration::ZERO
    }

    /// The distribution in doublings, as `LATENCY HISTOGRAM` shows it: bounds of 1.024 us times a power of two, each with how
    /// many durations were shorter; only the bounds at which that number changes.
    #[must_use]
    pub fn doublings(&self) -> Vec<(Duration, u64)> {
        let mut doublings = Vec::new();
        let mut before = 0;
        for bound in (0..31).map(|doubling| 1_024_u64 << doubling) {
            let shorter = self.count_up_to(bound - 1);
            if shorter > before {
                doublings.push((Duration::from_nanos(bound), shorter));
                before = shorter;
            }
        }
        doublings
    }

    /// How many are certainly not longer than `nanos`: the buckets that end there or before.
    fn count_up_to(&self, nanos: u64) -> u64 {
        let whole = self
            .counts
            .iter()
            .enumerate()
            .take_while(|(bucket, _)| buckets::upper(*bucket) <= nanos);
        whole.map(|(_, count)| count).sum()
    }

    #[allow(clippy::cast_precision_loss, reason = "Prometheus knows only floating point numbers")]
    fn to_proto(&self) -> Histogram {
        let buckets = BOUNDS.iter().map(|bound| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound as f64 / 1e9);
            bucket.set_cumulative_count(self.count_up_to(*bound));
            bucket
        });
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(self.count());
        histogram.set_sample_sum(self.sum as f64 / 1e9);
        histogram
    }
}

impl Collector for Histograms {
    fn desc(&self) -> Vec<&Desc> {
        self.family.desc()
    }

    /// Those that have recorded nothing are left out: a family has a histogram for every command, and most are idle.
    fn collect(&self) -> Vec<MetricFamily> {
        let mut metrics = Vec::new();
        for (index, value) in self.values.iter().enumerate() {
            let total = self.total(index);
            if total.count() > 0 {
                let mut metric = self.family.metric(value);
                metric.set_histogram(total.to_proto());
                metrics.push(metric);
            }
        }
        if metrics.is_empty() {
            return Vec::new();
        }
        self.family.collected(MetricType::HISTOGRAM, metrics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histograms() -> Histograms {
        Histograms::new(
            "circlet_command_seconds",
            "Time.",
            "command",
            vec!["get".to_string(), "set".to_string()],
        )
    }

    #[test]
    fn bounds_run_from_ten_microseconds_to_ten_seconds() {
        assert_eq!(BOUNDS[..4], [10_000, 20_000, 50_000, 100_000]);
        assert_eq!(BOUNDS.last(), Some(&10_000_000_000));
    }

    #[test]
    fn what_all_threads_record_is_merged() {
        let histograms = histograms();
        std::thread::scope(|scope| {
            for thread in 1..=4_u64 {
                let histograms = &histograms;
                scope.spawn(move || (0..100).for_each(|_| histograms.record(0, thread * 1_000)));
            }
        });
        let total = histograms.total(0);
        assert_eq!((total.count(), total.sum()), (400, Duration::from_nanos(1_000_000)));
        assert_eq!(total.max(), Duration::from_nanos(4_000), "the maximum is exact");
        assert_eq!(histograms.total(1).count(), 0, "the other label's histogram is another");
    }

    #[test]
    fn a_batch_counts_each_of_its_commands() {
        let histograms = histograms();
        histograms.record_many(0, 500, 64);
        let total = histograms.total(0);
        assert_eq!((total.count(), total.sum().as_nanos()), (64, 32_000));
    }

    #[test]
    fn nothing_recorded_has_no_percentile() {
        assert_eq!(histograms().total(0).percentile(99.0), Duration::ZERO);
    }

    #[test]
    fn doublings_tell_where_the_durations_are() {
        let histograms = histograms();
        for nanos in [0, 1_023, 1_024, 5_000, 3_000_000] {
            histograms.record(0, nanos);
        }
        let doublings: Vec<(u128, u64)> = histograms
            .total(0)
            .doublings()
            .into_iter()
            .map(|(bound, count)| (bound.as_nanos(), count))
            .collect();
        assert_eq!(doublings, [(1_024, 2), (2_048, 3), (8_192, 4), (4_194_304, 5)]);
    }

    #[test]
    fn a_reset_starts_the_statistics_anew() {
        let histograms = histograms();
        histograms.record(0, 1_000);
        histograms.reset();
        histograms.record(0, 2_000);
        let since = histograms.since_reset(0);
        assert_eq!((since.count(), since.sum().as_nanos()), (1, 2_000));
        assert_eq!(histograms.total(0).count(), 2);
    }

    proptest! {
        #[test]
        fn a_percentile_is_at_most_a_thirtieth_above_the_sorted_values(
            mut values in prop::collection::vec(0_u64..1 << 38, 1..200),
            percent in 0.0_f64..=100.0,
        ) {
            let histograms = histograms();
            values.iter().for_each(|value| histograms.record(0, *value));
            values.sort_unstable();
            let rank = ((percent / 100.0 * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1];
            let estimate = histograms.total(0).percentile(percent).as_nanos() as u64;
            prop_assert!((exact..=exact + exact / 30).contains(&estimate), "{} for {}", estimate, exact);
        }
    }
}

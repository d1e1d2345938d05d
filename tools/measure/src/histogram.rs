//! A log-linear histogram of latencies.
//!
//! Every doubling of the value is cut into 64 equal steps, so a percentile is exact to 1.6 % from 1 ns to 584 years in
//! 30 KiB, and recording is a few shifts. A sorted vector of samples would be exact, but recording 4 million batches
//! a second into one would cost the generator its cache.

/// log2 of the steps in one doubling.
const STEP_BITS: u32 = 6;
const STEPS: u64 = 1 << STEP_BITS;
const CELLS: usize = ((64 - STEP_BITS as usize) + 1) << STEP_BITS;

/// Counts of values in nanoseconds.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; CELLS],
            total: 0,
            max: 0,
        }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, value: u64) {
        self.record_many(value, 1);
    }

    /// Counts one value so many times.
    pub fn record_many(&mut self, value: u64, times: u64) {
        self.counts[cell_of(value)] += times;
        self.total += times;
        self.max = self.max.max(value);
    }

    /// Counts all that the other has counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The greatest recorded value, exactly; 0 when nothing was recorded.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The smallest recorded value that at least `share` (0 to 1) of all values do not exceed, rounded up to the end
    /// of its step; 0 when nothing was recorded.
    #[must_use]
    pub fn quantile(&self, share: f64) -> u64 {
        // 100 * 0.07 is a little more than 7 in binary: without the slack its rank would be 8.
        let rank = (self.total as f64 * share * (1.0 - 1e-12)).ceil() as u64;
        let rank = rank.clamp(1, self.total.max(1));
        let mut seen = 0;
        for (cell, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return last_value_of(cell).min(self.max);
            }
        }
        0
    }
}

/// The cell of a value: below 64 the value itself; above, 64 cells for every power of two.
fn cell_of(value: u64) -> usize {
    if value < STEPS {
        return value as usize;
    }
    let shift = value.ilog2() - STEP_BITS;
    (((shift + 1) as usize) << STEP_BITS) | ((value >> shift) & (STEPS - 1)) as usize
}

/// The greatest value that falls into `cell`.
fn last_value_of(cell: usize) -> u64 {
    if cell < STEPS as usize {
        return cell as u64;
    }
    let shift = (cell >> STEP_BITS) as u32 - 1;
    let first = (STEPS | (cell as u64 & (STEPS - 1))) << shift;
    first + ((1_u64 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_histogram_answers_zero() {
        assert_eq!(Histogram::default().quantile(0.99), 0);
    }

    #[test]
    fn small_values_are_exact() {
        let mut histogram = Histogram::default();
        for value in 1..=50 {
            histogram.record(value);
        }
        assert_eq!(histogram.quantile(0.5), 25);
        assert_eq!(histogram.quantile(1.0), 50);
    }

    #[test]
    fn a_share_that_binary_cannot_hold_does_not_take_the_next_value() {
        let mut histogram = Histogram::default();
        for value in 1..=50 {
            histogram.record(value);
            histogram.record(value);
        }
        assert_eq!(histogram.quantile(0.07), 4);
        assert_eq!(histogram.quantile(0.14), 7);
    }

    #[test]
    fn the_last_cell_holds_the_greatest_value() {
        assert_eq!(cell_of(u64::MAX), CELLS - 1);
        assert_eq!(last_value_of(CELLS - 1), u64::MAX);
    }

    #[test]
    fn merging_is_recording_into_one() {
        let (mut left, mut right, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for value in 0..1000_u64 {
            let side = if value % 3 == 0 { &mut left } else { &mut right };
            side.record(value * value);
            both.record(value * value);
        }
        left.merge(&right);
        assert_eq!(left.counts, both.counts);
        assert_eq!((left.total, left.max), (both.total, both.max));
    }

    proptest! {
        #[test]
        fn a_value_lies_in_its_cell_and_the_cell_is_narrow(value: u64) {
            let cell = cell_of(value);
            prop_assert!(value <= last_value_of(cell));
            prop_assert!(cell == 0 || value > last_value_of(cell - 1));
            prop_assert!(last_value_of(cell) - value <= value / STEPS);
        }

        #[test]
        fn a_quantile_is_within_a_step_of_the_sorted_sample(mut values in proptest::collection::vec(0..10_000_000_u64, 1..200), percent in 1..=100_u64) {
            let mut histogram = Histogram::default();
            for &value in &values {
                histogram.record(value);
            }
            values.sort_unstable();
            let rank = (values.len() as u64 * percent).div_ceil(100).max(1) as usize;
            let exact = values[rank - 1];
            let answered = histogram.quantile(percent as f64 / 100.0);
            prop_assert!(answered >= exact && answered - exact <= exact / STEPS, "exact {exact}, answered {answered}");
        }
    }
}

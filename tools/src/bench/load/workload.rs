//! Which operation comes next: reads and writes of loaded keys, and of keys whose answers are checked.

use super::checks::{Checks, Floor};
use crate::bench::args::{Distribution, RebalanceArgs};
use circlet_measure::Random;

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// GET of a loaded key.
    Read(u64),
    /// SET of a loaded key.
    Write(u64),
    /// GET of a checked key, and what it must not be older than.
    CheckRead(u32, Floor),
    /// SET or DEL of a checked key, by its number in the order of writes.
    CheckWrite(u32, u64),
}

/// Draws operations.
#[derive(Debug)]
pub(crate) struct Workload {
    random: Random,
    keys: u64,
    zipf: Option<Zipf>,
    read_share: f64,
    check_share: f64,
}

impl Workload {
    pub(crate) fn new(args: &RebalanceArgs) -> Self {
        Workload {
            random: Random::new(args.seed),
            keys: args.keys,
            zipf: (args.distribution == Distribution::Zipf).then(|| Zipf::new(args.keys)),
            read_share: args.read_share,
            check_share: args.check_share,
        }
    }

    /// The next operation. A checked key that is being written is only read: each has one writer.
    pub(crate) fn next(&mut self, checks: &mut Checks) -> Op {
        let (checked, read) = (
            self.random.fraction() < self.check_share,
            self.random.fraction() < self.read_share,
        );
        if checked {
            let key = self.random.below(u64::from(checks.keys())) as u32;
            return match (read, checks.begin_write(key, read)) {
                (false, Some(number)) => Op::CheckWrite(key, number),
                _ => Op::CheckRead(key, checks.floor(key)),
            };
        }
        let key = match &self.zipf {
            None => self.random.below(self.keys),
            Some(zipf) => zipf.key(self.random.fraction()),
        };
        if read { Op::Read(key) } else { Op::Write(key) }
    }
}

/// Zipf's law with exponent 0.99, by the inverse that Gray et al. give ("Quickly generating billion-record synthetic databases", 1994), the
/// ranks scattered over the keys so that the hot ones are not neighbours.
#[derive(Debug)]
struct Zipf {
    keys: u64,
    alpha: f64,
    eta: f64,
    zeta: f64,
}

impl Zipf {
    const THETA: f64 = 0.99;

    fn new(keys: u64) -> Self {
        let zeta = |count: u64| (1..=count).map(|rank| (rank as f64).powf(-Self::THETA)).sum::<f64>();
        let (all, two) = (zeta(keys), zeta(2));
        let eta = (1.0 - (2.0 / keys as f64).powf(1.0 - Self::THETA)) / (1.0 - two / all);
        Zipf {
            keys,
            alpha: 1.0 / (1.0 - Self::THETA),
            eta,
            zeta: all,
        }
    }

    /// The rank, from 0, that a number from 0 to 1 falls to.
    fn rank(&self, fraction: f64) -> u64 {
        let area = fraction * self.zeta;
        if area < 1.0 {
            return 0;
        }
        if area < 1.0 + 0.5_f64.powf(Self::THETA) {
            return 1.min(self.keys - 1);
        }
        let rank = self.keys as f64 * (self.eta * fraction - self.eta + 1.0).powf(self.alpha);
        (rank as u64).min(self.keys - 1)
    }

    fn key(&self, fraction: f64) -> u64 {
        Random::new(self.rank(fraction)).below(self.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rank_of_zipf_is_drawn_as_often_as_the_law_says() {
        let zipf = Zipf::new(1_000);
        let mut random = Random::new(3);
        let mut counts = vec![0_u32; 1_000];
        for _ in 0..200_000 {
            counts[zipf.rank(random.fraction()) as usize] += 1;
        }
        let share = f64::from(counts[0]) / 200_000.0;
        assert!((share - 1.0 / zipf.zeta).abs() < 0.01, "rank 0 has {share}");
        assert!(
            counts[0] > counts[10] && counts[10] > counts[500],
            "later ranks are rarer"
        );
    }

    #[test]
    fn few_keys_are_no_trouble() {
        for keys in 1..4 {
            let zipf = Zipf::new(keys);
            assert!((0..100).all(|step| zipf.key(f64::from(step) / 100.0) < keys));
        }
    }
}

//! Zipf's law: the key of rank k is drawn in proportion to 1 / k^s.

use crate::Random;

/// Draws by rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions",
/// 1996): exact, for every exponent, with no table and no sum over the keys.
#[derive(Debug, Clone)]
pub struct Zipf {
    keys: u64,
    exponent: f64,
    /// The areas under the hat from 1.5, less the first bar, and to the last rank plus a half.
    first: f64,
    last: f64,
    /// Within so much of its rank a point is taken without a further look.
    sure: f64,
}

impl Zipf {
    /// Over `keys` keys, at least 1; `exponent` is greater than 0, and 0.99 in most benchmarks of caches.
    #[must_use]
    pub fn new(keys: u64, exponent: f64) -> Self {
        let mut zipf = Zipf {
            keys: keys.max(1),
            exponent,
            first: 0.0,
            last: 0.0,
            sure: 0.0,
        };
        zipf.first = zipf.area(1.5) - 1.0;
        zipf.last = zipf.area(zipf.keys as f64 + 0.5);
        zipf.sure = 2.0 - zipf.point(zipf.area(2.5) - zipf.height(2.0));
        zipf
    }

    /// A rank, from 0.
    pub fn rank(&self, random: &mut Random) -> u64 {
        loop {
            let area = self.last + random.fraction() * (self.first - self.last);
            let point = self.point(area);
            let rank = point.round().clamp(1.0, self.keys as f64);
            if rank - point <= self.sure || area >= self.area(rank + 0.5) - self.height(rank) {
                return rank as u64 - 1;
            }
        }
    }

    /// A key, from 0: the ranks scattered over the keys, so that the hot ones are not neighbours.
    pub fn key(&self, random: &mut Random) -> u64 {
        Random::new(self.rank(random)).below(self.keys)
    }

    fn height(&self, x: f64) -> f64 {
        (-self.exponent * x.ln()).exp()
    }

    /// The integral of the height from 1 to `x`.
    fn area(&self, x: f64) -> f64 {
        let log = x.ln();
        let power = (1.0 - self.exponent) * log;
        // (x^(1-s) - 1) / (1-s), which is ln x where s is 1.
        if power.abs() < 1e-8 {
            log * (1.0 + power / 2.0)
        } else {
            log * power.exp_m1() / power
        }
    }

    /// Where the area is so much.
    fn point(&self, area: f64) -> f64 {
        let scaled = (area * (1.0 - self.exponent)).max(-1.0);
        if scaled.abs() < 1e-8 {
            (area * (1.0 - scaled / 2.0)).exp()
        } else {
            (area * scaled.ln_1p() / scaled).exp()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over ranks of (seen - expected)^2 / expected, and how many ranks there are.
    fn chi_square(exponent: f64, keys: u64, draws: u32) -> f64 {
        let zipf = Zipf::new(keys, exponent);
        let mut random = Random::new(3);
        let mut seen = vec![0_u32; keys as usize];
        for _ in 0..draws {
            seen[zipf.rank(&mut random) as usize] += 1;
        }
        let weight = |rank: u64| ((rank + 1) as f64).powf(-exponent);
        let sum: f64 = (0..keys).map(weight).sum();
        let part = |rank: u64| {
            let expected = f64::from(draws) * weight(rank) / sum;
            (f64::from(seen[rank as usize]) - expected).powi(2) / expected
        };
        (0..keys).map(part).sum()
    }

    #[test]
    fn every_rank_is_drawn_as_often_as_the_law_says() {
        for exponent in [0.2, 0.7, 0.99, 1.0, 1.3, 2.0] {
            let chi = chi_square(exponent, 50, 200_000);
            // 49 degrees of freedom: more than 94 in one of ten thousand runs; and the seed is fixed.
            assert!(chi < 94.0, "exponent {exponent}: chi-square is {chi}");
        }
    }

    #[test]
    fn few_keys_are_no_trouble() {
        let mut random = Random::new(1);
        for keys in 1..4 {
            let zipf = Zipf::new(keys, 0.99);
            assert!((0..100).all(|_| zipf.key(&mut random) < keys));
        }
    }
}

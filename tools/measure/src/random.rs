//! Seeded random numbers, so that two runs ask for the same keys.

/// splitmix64: one multiplication chain a draw.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    #[allow(
        clippy::should_implement_trait,
        reason = "a sequence without an end is no iterator that one would loop over"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, by multiply and shift; `bound` is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 up to, not including, 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_numbers_in_range() {
        let (mut left, mut right) = (Random::new(7), Random::new(7));
        for _ in 0..1000 {
            assert_eq!(left.next(), right.next(), "a run can be repeated");
            assert!(left.below(10) < 10 && right.below(10) < 10);
            let fraction = left.fraction();
            assert!((0.0..1.0).contains(&fraction) && fraction.to_bits() == right.fraction().to_bits());
        }
    }
}

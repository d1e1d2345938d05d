//! Which keys a connection asks for. A key is `key:` and 12 decimal digits: 16 bytes, as every figure of the budgets
//! assumes; its number is all that is carried until the digits are written into a request.

use std::sync::Arc;

use circlet_measure::Random;
use circlet_measure::load::write_digits;

pub(crate) const KEY_BYTES: usize = 16;
pub(crate) const KEY_PREFIX: &[u8; 4] = b"key:";
pub(crate) const DIGITS: usize = KEY_BYTES - KEY_PREFIX.len();

/// The keys that one endpoint is asked for.
#[derive(Clone)]
pub(crate) enum Keys {
    /// Numbers 0 to `count - 1`.
    All { count: u64 },
    /// Only these, because a cluster keeps them there.
    Listed(Arc<[u32]>),
}

impl Keys {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::All { count } => *count,
            Self::Listed(numbers) => numbers.len() as u64,
        }
    }

    fn number(&self, index: u64) -> u64 {
        match self {
            Self::All { .. } => index,
            Self::Listed(numbers) => u64::from(numbers[index as usize]),
        }
    }
}

/// The order in which one connection draws from its keys.
pub(crate) struct Draw {
    keys: Keys,
    order: Order,
}

enum Order {
    /// Uniform, for ever.
    Random(Random),
    /// Every `step`-th index once, and then no more: a fill.
    Once { next: u64, step: u64 },
}

impl Draw {
    pub(crate) fn random(keys: Keys, seed: u64) -> Self {
        Self {
            keys,
            order: Order::Random(Random::new(seed)),
        }
    }

    /// The share `part` of `parts` connections that fill the same keys together.
    pub(crate) fn once(keys: Keys, part: u64, parts: u64) -> Self {
        Self {
            keys,
            order: Order::Once {
                next: part,
                step: parts,
            },
        }
    }

    pub(crate) fn next_number(&mut self) -> Option<u64> {
        let count = self.keys.len();
        let index = match &mut self.order {
            Order::Random(random) => random.below(count),
            Order::Once { next, .. } if *next >= count => return None,
            Order::Once { next, step } => {
                let index = *next;
                *next += *step;
                index
            }
        };
        Some(self.keys.number(index))
    }
}

/// The bytes of key `number`.
pub(crate) fn key_bytes(number: u64) -> [u8; KEY_BYTES] {
    let mut key = [b'0'; KEY_BYTES];
    key[..KEY_PREFIX.len()].copy_from_slice(KEY_PREFIX);
    write_digits(number, &mut key[KEY_PREFIX.len()..]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn filling_parts_draw_every_key_exactly_once() {
        let keys = Keys::Listed((100..137).collect());
        let mut drawn: Vec<u64> = (0..5)
            .flat_map(|part| {
                let mut draw = Draw::once(keys.clone(), part, 5);
                std::iter::from_fn(move || draw.next_number())
            })
            .collect();
        drawn.sort_unstable();
        assert_eq!(drawn, (100..137).collect::<Vec<u64>>());
    }

    #[test]
    fn random_draws_stay_in_range_and_reach_both_ends() {
        let mut draw = Draw::random(Keys::All { count: 10 }, 1);
        let drawn: Vec<u64> = std::iter::from_fn(|| draw.next_number()).take(1000).collect();
        assert!(drawn.iter().all(|&number| number < 10));
        assert!(drawn.contains(&0) && drawn.contains(&9));
    }

    proptest! {
        #[test]
        fn a_key_is_the_prefix_and_twelve_digits(number in 0..1_000_000_000_000_u64) {
            prop_assert_eq!(key_bytes(number).to_vec(), format!("key:{number:012}").into_bytes());
        }
    }
}

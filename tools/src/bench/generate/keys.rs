//! Which keys are asked for how often.

use super::trace::Trace;
use circlet_measure::{Random, Zipf};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The exponent of Zipf's law, if none is given: that of most benchmarks of caches.
const EXPONENT: f64 = 0.99;

/// `--key-distribution`
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KeyDistribution {
    /// All alike.
    Uniform,
    /// The key of rank k in proportion to 1 / k^s.
    Zipf(f64),
    /// A share of the keys gets a share of the operations; within both, all alike.
    Hot { keys: f64, operations: f64 },
    /// One after the other, and from the start again.
    Sequential,
    /// As the lines of a file say, and from its start again.
    Trace(PathBuf),
}

impl FromStr for KeyDistribution {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = text
            .split_once(':')
            .map_or((text, None), |(name, rest)| (name, Some(rest)));
        match (name, rest) {
            ("uniform", None) => Ok(Self::Uniform),
            ("sequential", None) => Ok(Self::Sequential),
            ("zipf", None) => Ok(Self::Zipf(EXPONENT)),
            ("zipf", Some(exponent)) => match exponent.parse() {
                Ok(exponent) if exponent > 0.0 && exponent <= 10.0 => Ok(Self::Zipf(exponent)),
                _ => Err("zipf:EXPONENT takes a number above 0, at most 10".into()),
            },
            ("hot", Some(shares)) => hot(shares).ok_or_else(|| {
                "hot:KEYS,OPERATIONS takes two shares between 0 and 1, as hot:0.01,0.9: 1% of the keys get 90% of the operations".into()
            }),
            ("trace", Some(file)) if !file.is_empty() => Ok(Self::Trace(file.into())),
            _ => Err("expected uniform, zipf, zipf:EXPONENT, hot:KEYS,OPERATIONS, sequential or trace:FILE".into()),
        }
    }
}

impl fmt::Display for KeyDistribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform => formatter.write_str("uniform"),
            Self::Zipf(exponent) => write!(formatter, "Zipf {exponent}"),
            Self::Hot { keys, operations } => {
                write!(
                    formatter,
                    "{}% of them get {}% of the operations",
                    keys * 100.0,
                    operations * 100.0
                )
            }
            Self::Sequential => formatter.write_str("one after the other"),
            Self::Trace(path) => write!(formatter, "as in {}", path.display()),
        }
    }
}

fn hot(shares: &str) -> Option<KeyDistribution> {
    let (keys, operations) = shares.split_once(',')?;
    let share = |text: &str| text.parse().ok().filter(|share| *share > 0.0 && *share < 1.0);
    Some(KeyDistribution::Hot {
        keys: share(keys)?,
        operations: share(operations)?,
    })
}

/// A distribution over keys 0, 1, 2 ...
#[derive(Debug, Clone)]
enum Keys {
    Uniform { count: u64 },
    Zipf(Zipf),
    Hot { count: u64, hot: u64, operations: f64 },
    InTurn { count: u64 },
    Trace(Arc<Trace>),
}

/// Draws keys; clones of it share the order of what goes in turn.
#[derive(Debug, Clone)]
pub(crate) struct Draw {
    keys: Keys,
    /// How many have been drawn in turn, by all clones.
    turn: Arc<AtomicU64>,
    /// Ends after so many.
    end: u64,
}

impl Draw {
    /// Draws for ever. `count` is at least 1; a trace has its own.
    pub(crate) fn new(distribution: &KeyDistribution, count: u64, trace: Option<&Arc<Trace>>) -> Self {
        let keys = match (distribution, trace) {
            (_, Some(trace)) => Keys::Trace(Arc::clone(trace)),
            (KeyDistribution::Zipf(exponent), None) => Keys::Zipf(Zipf::new(count, *exponent)),
            (KeyDistribution::Hot { keys, operations }, None) if count > 1 => Keys::Hot {
                count,
                hot: ((count as f64 * keys).round() as u64).clamp(1, count - 1),
                operations: *operations,
            },
            (KeyDistribution::Sequential, None) => Keys::InTurn { count },
            _ => Keys::Uniform { count },
        };
        Draw {
            keys,
            turn: Arc::default(),
            end: u64::MAX,
        }
    }

    /// The same from its beginning.
    pub(crate) fn again(&self) -> Self {
        Draw {
            turn: Arc::default(),
            ..self.clone()
        }
    }

    /// Each of these keys once, `count` in all; of a trace, each line.
    pub(crate) fn once(&self, count: u64) -> Self {
        let keys = match &self.keys {
            Keys::Trace(trace) => Keys::Trace(Arc::clone(trace)),
            _ => Keys::InTurn { count },
        };
        let end = match &keys {
            Keys::Trace(trace) => trace.len(),
            _ => count,
        };
        let turn = Arc::default();
        Draw { keys, turn, end }
    }

    /// How many keys it draws, if it ends.
    pub(crate) fn len(&self) -> u64 {
        self.end
    }

    /// The next key; `None` when all have been drawn once.
    pub(crate) fn next(&self, random: &mut Random) -> Option<u64> {
        match &self.keys {
            Keys::Uniform { count } => Some(random.below(*count)),
            Keys::Zipf(zipf) => Some(zipf.key(random)),
            Keys::Hot { count, hot, operations } => Some(match random.fraction() < *operations {
                true => random.below(*hot),
                false => hot + random.below(count - hot),
            }),
            Keys::InTurn { count } => self.in_turn(*count),
            Keys::Trace(trace) => self.in_turn(trace.len()),
        }
    }

    fn in_turn(&self, count: u64) -> Option<u64> {
        // Relaxed: nothing else goes by the order.
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        (turn < self.end).then_some(turn % count)
    }

    /// The text of a key, where it is not its number.
    pub(crate) fn text(&self, key: u64) -> &[u8] {
        match &self.keys {
            Keys::Trace(trace) => trace.key(key),
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(distribution: &KeyDistribution, count: u64, draws: u32) -> Vec<u32> {
        let (draw, mut random) = (Draw::new(distribution, count, None), Random::new(11));
        let mut counts = vec![0; count as usize];
        for _ in 0..draws {
            counts[draw.next(&mut random).expect("for ever") as usize] += 1;
        }
        counts
    }

    /// The sum of (seen - expected)^2 / expected.
    fn chi_square(seen: &[u32], expected: impl Fn(usize) -> f64) -> f64 {
        let part = |(key, seen): (usize, &u32)| (f64::from(*seen) - expected(key)).powi(2) / expected(key);
        seen.iter().enumerate().map(part).sum()
    }

    #[test]
    fn uniform_keys_are_drawn_alike() {
        let seen = counts(&KeyDistribution::Uniform, 100, 100_000);
        // 99 degrees of freedom: more than 161 in one of ten thousand runs; and the seed is fixed.
        assert!(chi_square(&seen, |_| 1_000.0) < 161.0);
    }

    #[test]
    fn a_hot_set_gets_its_share_and_is_even_within() {
        let hot = KeyDistribution::Hot {
            keys: 0.1,
            operations: 0.9,
        };
        let seen = counts(&hot, 100, 100_000);
        let expected = |key| if key < 10 { 9_000.0 } else { 10_000.0 / 90.0 };
        assert!(chi_square(&seen, expected) < 161.0);
    }

    #[test]
    fn clients_that_go_in_turn_share_the_order_and_each_run_begins_anew() {
        let mut random = Random::new(1);
        let draw = Draw::new(&KeyDistribution::Sequential, 3, None);
        let draws = [draw.clone(), draw.clone()];
        let drawn: Vec<u64> = (0..6)
            .filter_map(|turn| draws[turn / 2 % 2].next(&mut random))
            .collect();
        assert_eq!(drawn, [0, 1, 2, 0, 1, 2], "however fast each of them is");
        assert_eq!(draw.again().next(&mut random), Some(0));
    }

    #[test]
    fn a_fill_draws_each_key_once() {
        let mut random = Random::new(1);
        let draw = Draw::new(&KeyDistribution::Uniform, 100, None).once(100);
        let drawn: Vec<u64> = std::iter::from_fn(|| draw.next(&mut random)).collect();
        assert_eq!(drawn, (0..100).collect::<Vec<u64>>());
    }

    #[test]
    fn distributions_are_read_and_what_is_none_is_told_what_there_is() {
        let read = |text: &str| text.parse::<KeyDistribution>();
        assert_eq!(read("zipf"), Ok(KeyDistribution::Zipf(0.99)));
        assert_eq!(read("zipf:1.2"), Ok(KeyDistribution::Zipf(1.2)));
        assert_eq!(
            read("hot:0.01,0.9"),
            Ok(KeyDistribution::Hot {
                keys: 0.01,
                operations: 0.9
            })
        );
        assert_eq!(read("trace:a:b"), Ok(KeyDistribution::Trace("a:b".into())));
        for wrong in ["zip", "uniform:1", "trace:", "hot"] {
            assert!(read(wrong).is_err_and(|error| error.contains("trace:FILE")), "{wrong}");
        }
        for wrong in ["zipf:0", "zipf:x", "hot:0,1", "hot:0.5"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

//! How long values are.

use circlet_measure::Random;
use std::fmt;
use std::str::FromStr;

/// Longest value, in bytes.
const BYTES_MAX: u32 = 64 << 20;

/// `--value-size`
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sizes {
    /// Always the same.
    Fixed(u32),
    /// From the first to the last, all alike.
    Uniform(u32, u32),
    /// Half of them below the median, and one in six above median x e^sigma; never above the longest value.
    LogNormal { median: f64, sigma: f64 },
    /// Each as often as its weight says; the weights are added up.
    Listed(Vec<(u32, f64)>),
}

impl FromStr for Sizes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = if let Some(rest) = text.strip_prefix("lognormal:") {
            log_normal(rest)
        } else if let Some((first, last)) = text.split_once("..") {
            bytes(first)
                .zip(bytes(last))
                .filter(|(first, last)| first <= last)
                .map(|(first, last)| Self::Uniform(first, last))
        } else if text.contains('=') {
            listed(text)
        } else {
            bytes(text).map(Self::Fixed)
        };
        read.ok_or_else(|| {
            format!("expected BYTES, FIRST..LAST, lognormal:MEDIAN,SIGMA or BYTES=WEIGHT,BYTES=WEIGHT,...; at most {BYTES_MAX} bytes")
        })
    }
}

fn bytes(text: &str) -> Option<u32> {
    text.parse().ok().filter(|bytes| *bytes <= BYTES_MAX)
}

fn log_normal(text: &str) -> Option<Sizes> {
    let (median, sigma) = text.split_once(',')?;
    let median = bytes(median).filter(|median| *median > 0)?;
    let sigma = sigma.parse().ok().filter(|sigma| *sigma > 0.0 && *sigma <= 10.0)?;
    Some(Sizes::LogNormal {
        median: f64::from(median),
        sigma,
    })
}

fn listed(text: &str) -> Option<Sizes> {
    let mut sum = 0.0;
    let mut sizes = Vec::new();
    for one in text.split(',') {
        let (size, weight) = one.split_once('=')?;
        sum += weight
            .parse()
            .ok()
            .filter(|weight: &f64| *weight > 0.0 && weight.is_finite())?;
        sizes.push((bytes(size)?, sum));
    }
    Some(Sizes::Listed(sizes))
}

impl fmt::Display for Sizes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(bytes) => write!(formatter, "{bytes} bytes"),
            Self::Uniform(first, last) => write!(formatter, "{first} to {last} bytes"),
            Self::LogNormal { median, sigma } => write!(formatter, "log-normal bytes, median {median}, sigma {sigma}"),
            Self::Listed(sizes) => {
                let sizes: Vec<String> = sizes.iter().map(|(bytes, _)| bytes.to_string()).collect();
                write!(formatter, "{} bytes by weight", sizes.join(", "))
            }
        }
    }
}

impl Sizes {
    /// The one size that all values have, if they have.
    pub(crate) fn fixed(&self) -> Option<u32> {
        match self {
            Self::Fixed(bytes) => Some(*bytes),
            _ => None,
        }
    }

    /// No value is longer.
    pub(crate) fn max(&self) -> u32 {
        match self {
            Self::Fixed(bytes) | Self::Uniform(_, bytes) => *bytes,
            // Five sigmas: one value in three million is cut there.
            Self::LogNormal { median, sigma } => (median * (5.0 * sigma).exp()).min(f64::from(BYTES_MAX)) as u32,
            Self::Listed(sizes) => sizes.iter().map(|(bytes, _)| *bytes).max().unwrap_or_default(),
        }
    }

    /// The size of the next value.
    pub(crate) fn next(&self, random: &mut Random) -> u32 {
        match self {
            Self::Fixed(bytes) => *bytes,
            Self::Uniform(first, last) => first + random.below(u64::from(last - first) + 1) as u32,
            Self::LogNormal { median, sigma } => {
                // Box and Muller, with one of the two normal numbers; 1 - fraction is never 0.
                let radius = (-2.0 * (1.0 - random.fraction()).ln()).sqrt();
                let normal = radius * (std::f64::consts::TAU * random.fraction()).cos();
                ((median * (sigma * normal).exp()).round() as u32).min(self.max())
            }
            Self::Listed(sizes) => {
                let at = sizes.last().map_or(0.0, |(_, sum)| sum * random.fraction());
                let found = sizes.iter().find(|(_, sum)| at < *sum).or(sizes.last());
                found.map_or(0, |(bytes, _)| *bytes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(text: &str) -> Sizes {
        text.parse().expect("sizes")
    }

    fn drawn(text: &str, count: usize) -> Vec<u32> {
        let (sizes, mut random) = (sizes(text), Random::new(5));
        let mut drawn: Vec<u32> = (0..count).map(|_| sizes.next(&mut random)).collect();
        drawn.sort_unstable();
        drawn
    }

    #[test]
    fn a_range_reaches_both_ends_and_is_even() {
        let drawn = drawn("10..14", 50_000);
        assert_eq!((drawn[0], drawn[49_999]), (10, 14));
        for size in 10..=14 {
            let count = drawn.iter().filter(|drawn| **drawn == size).count() as f64;
            // Five standard deviations of a binomial count.
            assert!((count - 10_000.0).abs() < 450.0, "{size}: {count}");
        }
    }

    #[test]
    fn a_log_normal_has_its_median_and_its_spread() {
        let drawn = drawn("lognormal:1000,0.5", 100_000);
        let at = |share: f64| f64::from(drawn[(share * 100_000.0) as usize]);
        assert!((at(0.5) - 1_000.0).abs() < 15.0, "median {}", at(0.5));
        let above = 1_000.0 * 0.5_f64.exp();
        assert!(
            (at(0.8413) - above).abs() < 30.0,
            "one sigma up is {}, not {above}",
            at(0.8413)
        );
        assert!(*drawn.last().expect("some") <= sizes("lognormal:1000,0.5").max());
    }

    #[test]
    fn listed_sizes_come_by_their_weights() {
        let drawn = drawn("64=90,1024=9,65536=1", 100_000);
        for (size, expected) in [(64, 90_000.0), (1_024, 9_000.0), (65_536, 1_000.0)] {
            let count = drawn.iter().filter(|drawn| **drawn == size).count() as f64;
            assert!((count - expected).abs() < 5.0 * f64::sqrt(expected), "{size}: {count}");
        }
    }

    #[test]
    fn what_is_no_size_is_told_what_there_is() {
        assert_eq!(sizes("3").fixed(), Some(3));
        for wrong in [
            "",
            "x",
            "9..3",
            "lognormal:0,1",
            "lognormal:5",
            "64=0",
            "64=1,x=2",
            "99999999999",
        ] {
            assert!(
                wrong.parse::<Sizes>().is_err_and(|error| error.contains("lognormal")),
                "{wrong}"
            );
        }
    }
}

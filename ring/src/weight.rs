//! Weights: how much a node takes, against the others.

use std::fmt;
use std::str::FromStr;

/// How much of the data a node takes, relative to the others: twice the weight, twice the arcs.
///
/// Kept in hundredths, since placement computes with integers only. From 0.05 to 20, default 1. Only the ratios decide who owns
/// what; the size sets the number of virtual nodes, 256 x weight, so that larger weights cost planning time and very
/// small ones place less smoothly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
// Invariant: MIN..=MAX.
pub struct Weight(u16);

impl Weight {
    /// 0.05.
    pub const MIN: Self = Self(5);
    /// 1.
    pub const DEFAULT: Self = Self(100);
    /// 20.
    pub const MAX: Self = Self(2000);

    /// The weight of `hundredths` of 1; none outside of [`MIN`](Self::MIN)..=[`MAX`](Self::MAX).
    #[must_use]
    pub const fn from_hundredths(hundredths: u16) -> Option<Self> {
        if hundredths < Self::MIN.0 || hundredths > Self::MAX.0 {
            None
        } else {
            Some(Self(hundredths))
        }
    }

    /// In hundredths of 1.
    #[must_use]
    pub const fn hundredths(self) -> u16 {
        self.0
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// As a decimal number without needless zeros: `1`, `0.5`, `2.25`.
impl fmt::Display for Weight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, hundredths) = (self.0 / 100, self.0 % 100);
        match (hundredths, hundredths % 10) {
            (0, _) => write!(formatter, "{whole}"),
            (_, 0) => write!(formatter, "{whole}.{}", hundredths / 10),
            _ => write!(formatter, "{whole}.{hundredths:02}"),
        }
    }
}

impl fmt::Debug for Weight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "weight {self}")
    }
}

/// Why a text is not a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a weight is a number from {} to {} with at most two decimals",
    Weight::MIN,
    Weight::MAX
)]
pub struct WeightError;

impl FromStr for Weight {
    type Err = WeightError;

    fn from_str(text: &str) -> Result<Self, WeightError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || decimals.len() > 2 {
            return Err(WeightError);
        }
        let whole: u16 = whole.parse().map_err(|_| WeightError)?;
        let decimals: u16 = format!("{decimals:0<2}").parse().map_err(|_| WeightError)?;
        let hundredths = whole
            .checked_mul(100)
            .and_then(|whole| whole.checked_add(decimals))
            .ok_or(WeightError)?;
        Self::from_hundredths(hundredths).ok_or(WeightError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back_is_the_same_weight() {
        for hundredths in Weight::MIN.hundredths()..=Weight::MAX.hundredths() {
            let weight = Weight::from_hundredths(hundredths).unwrap();
            assert_eq!(weight.to_string().parse(), Ok(weight), "{hundredths} hundredths");
        }
        assert_eq!("1.50".parse::<Weight>().unwrap().to_string(), "1.5");
        assert_eq!("0.05".parse(), Ok(Weight::MIN));
        assert_eq!("01".parse(), Ok(Weight::DEFAULT));
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        for text in [
            "", "0", "0.04", "20.01", "1.", ".5", "1.234", "-1", "+1", "1e1", "99999", "700", "1.2.3", " 1",
        ] {
            assert_eq!(text.parse::<Weight>(), Err(WeightError), "{text:?}");
        }
    }
}

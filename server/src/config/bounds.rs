//! The numbers that a setting accepts.

use std::fmt;

/// The numbers, lengths or seconds that a setting accepts, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// Whatever the type can hold.
    Any,
    /// From the first to the second.
    Range(i64, i64),
}

impl Bounds {
    /// The least value accepted.
    #[must_use]
    pub const fn min(self) -> i64 {
        match self {
            Self::Any => i64::MIN,
            Self::Range(min, _) => min,
        }
    }

    /// The greatest value accepted.
    #[must_use]
    pub const fn max(self) -> i64 {
        match self {
            Self::Any => i64::MAX,
            Self::Range(_, max) => max,
        }
    }

    /// The value if it is within, otherwise the reason in Redis's words.
    pub(super) fn check(self, value: i64) -> Result<i64, String> {
        if (self.min()..=self.max()).contains(&value) {
            Ok(value)
        } else {
            Err(format!(
                "argument must be between {} and {} inclusive",
                self.min(),
                self.max()
            ))
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::Range(min, i64::MAX) => write!(f, "from {min}"),
            Self::Range(min, max) => write!(f, "{min} to {max}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_inside_and_their_neighbours_are_not() {
        let bounds = Bounds::Range(1, 10);
        assert_eq!((bounds.check(1), bounds.check(10)), (Ok(1), Ok(10)));
        for outside in [0, 11] {
            let why = bounds.check(outside);
            assert_eq!(
                why,
                Err("argument must be between 1 and 10 inclusive".to_string()),
                "Redis's words"
            );
        }
    }
}

//! Fractions of arcs.

use std::fmt;

/// A number of arcs that need not be whole, in units of 1/65536: what is fair, where only whole arcs can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u64);

impl Share {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    const UNITS_PER_ARC: u64 = 1 << 16;

    pub(crate) const fn of_arcs(arcs: u64) -> Self {
        Self(arcs * Self::UNITS_PER_ARC)
    }

    pub(crate) const fn of_units(units: u64) -> Self {
        Self(units)
    }

    /// In units of 1/65536 of an arc.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }

    /// In whole arcs, rounded down.
    #[must_use]
    pub const fn floor(self) -> u64 {
        self.0 / Self::UNITS_PER_ARC
    }

    /// In whole arcs, rounded up.
    #[must_use]
    pub const fn ceil(self) -> u64 {
        self.0.div_ceil(Self::UNITS_PER_ARC)
    }
}

/// In arcs with two decimals: `307.20`.
impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0 * 100 + Self::UNITS_PER_ARC / 2) / Self::UNITS_PER_ARC;
        write!(formatter, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_reads_as_arcs() {
        let share = Share::of_units(Share::of_arcs(3072).units() / 10);
        assert_eq!(
            (share.to_string().as_str(), share.floor(), share.ceil()),
            ("307.20", 307, 308)
        );
        assert_eq!(Share::of_arcs(3).ceil(), 3, "whole arcs stay as many");
    }
}

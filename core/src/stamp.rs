//! The stamp: when a change happened, in 64 bits that every node orders alike.
//!
//! ```text
//!   63                                16 15           0
//!   | milliseconds since 1970 (48 bits) | counter (16) |      comparing stamps is comparing integers
//! ```
//!
//! A stamp is a hybrid logical clock's reading ([`crate::clock`] issues them): as near to the wall clock as may be, but
//! always above every stamp seen before. 48 bits of milliseconds last until the year 10889.
//!
//! Refused: a node id in the low bits, to make stamps unique. It would cost 8 bytes in each entry for what comparing
//! the contents settles too: two writes with equal stamps are concurrent, and [`crate::state::merge()`] picks one of
//! them on every replica alike.

use std::fmt;

use crate::time::WallMs;

const COUNTER_BITS: u32 = 16;
const MS_MAX: u64 = (1 << 48) - 1;

/// A hybrid logical clock's reading: 48 bits of milliseconds, 16 bits of counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(u64);

impl Stamp {
    /// Before every change: the generation of an entry that never had a whole value.
    pub const ZERO: Self = Self(0);
    /// After every change; never issued.
    pub const MAX: Self = Self(u64::MAX);

    /// The stamp of `counter` in millisecond `ms`; milliseconds past 2^48 - 1 count as that.
    #[must_use]
    pub const fn new(ms: WallMs, counter: u16) -> Self {
        let ms = if ms.get() > MS_MAX { MS_MAX } else { ms.get() };
        // `u64::from` is not const.
        Self((ms << COUNTER_BITS) | counter as u64)
    }

    /// The milliseconds, which may be ahead of the wall clock.
    #[must_use]
    pub const fn ms(self) -> WallMs {
        WallMs::new(self.0 >> COUNTER_BITS)
    }

    /// The counter within the millisecond.
    #[must_use]
    pub const fn counter(self) -> u16 {
        (self.0 & 0xffff) as u16
    }

    /// The least stamp above this one: the counter carries into the milliseconds. Saturates at [`Stamp::MAX`].
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The stamp with these 64 bits; every value is one.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The 64 bits, as stored and sent (little-endian).
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Stamp {
    /// `milliseconds.counter`, e.g. `1763719355123.0007`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:04x}", self.ms().get(), self.counter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_by_milliseconds_then_by_counter() {
        let ms = WallMs::new;
        assert!(Stamp::new(ms(5), u16::MAX) < Stamp::new(ms(6), 0));
        assert!(Stamp::new(ms(5), 1) < Stamp::new(ms(5), 2));
    }

    #[test]
    fn the_counter_carries_into_the_milliseconds() {
        assert_eq!(
            Stamp::new(WallMs::new(5), u16::MAX).next(),
            Stamp::new(WallMs::new(6), 0)
        );
    }

    #[test]
    fn the_parts_come_back_and_the_ends_saturate() {
        let stamp = Stamp::new(WallMs::new(MS_MAX), 7);
        assert_eq!((stamp.ms().get(), stamp.counter()), (MS_MAX, 7));
        assert_eq!(Stamp::new(WallMs::new(u64::MAX), u16::MAX), Stamp::MAX);
        assert_eq!(Stamp::MAX.next(), Stamp::MAX);
    }
}

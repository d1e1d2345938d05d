//! Slots: what Redis Cluster's clients address.

use std::fmt;

use crate::crc16::crc16;
use crate::hash_tag::hash_tag;

/// The number of slots: Redis Cluster's, since its clients have the number compiled in.
pub const SLOT_COUNT: u16 = 16_384;

/// One of the 16384 slots that keys hash to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
// Invariant: less than SLOT_COUNT.
pub struct Slot(u16);

impl Slot {
    /// The slot numbered `number`; none from [`SLOT_COUNT`] on.
    #[must_use]
    #[inline]
    pub const fn new(number: u16) -> Option<Self> {
        if number < SLOT_COUNT { Some(Self(number)) } else { None }
    }

    /// The slot of `key`: the CRC16 of its hash tag, modulo [`SLOT_COUNT`].
    #[must_use]
    #[inline]
    pub fn of_key(key: &[u8]) -> Self {
        Self(crc16(hash_tag(key)) % SLOT_COUNT)
    }

    /// Its number, less than [`SLOT_COUNT`].
    #[must_use]
    #[inline]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// All slots, in order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator {
        (0..SLOT_COUNT).map(Self)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "slot {}", self.0)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_slots_that_redis_cluster_gives_them() {
        for (key, slot) in [
            ("123456789", 12_739),
            ("foo", 12_182),
            ("bar", 5_061),
            ("hello", 866),
            ("", 0),
        ] {
            assert_eq!(Slot::of_key(key.as_bytes()).get(), slot, "CLUSTER KEYSLOT {key}");
        }
    }

    #[test]
    fn keys_with_one_tag_share_a_slot() {
        assert_eq!(Slot::of_key(b"{user:7}:name"), Slot::of_key(b"{user:7}:mail"));
        assert_eq!(Slot::of_key(b"{user:7}:name"), Slot::of_key(b"user:7"));
    }

    #[test]
    fn there_is_no_slot_from_the_count_on() {
        assert_eq!(Slot::new(SLOT_COUNT - 1).map(Slot::get), Some(16_383));
        assert_eq!(Slot::new(SLOT_COUNT), None);
        assert_eq!(Slot::all().len(), usize::from(SLOT_COUNT));
    }
}

//! A key with what is computed from it once and carried along: its slot and its hash.

use circlet_core::message::batch::WireKey;
use circlet_ring::{ArcCount, ArcId, Slot};
use xxhash_rust::xxh3::xxh3_64;

/// The low bits of a position that a hash fills; the slot stands above them. 62 bits in all: as a signed number positive.
const HASH_BITS: u32 = 48;

/// A key, its slot and its hash. Two words and a slice; copied freely.
#[derive(Clone, Copy, Debug)]
pub struct HashedKey<'a> {
    /// The key as the client sent it.
    pub key: &'a [u8],
    /// Its slot, by Redis Cluster's rule.
    pub slot: Slot,
    /// `xxh3_64` of the key. The same on every node: frames between nodes carry it, digests are made of it.
    pub hash: u64,
}

impl<'a> HashedKey<'a> {
    /// Computes slot and hash.
    #[must_use]
    #[inline]
    pub fn new(key: &'a [u8]) -> Self {
        Self {
            key,
            slot: Slot::of_key(key),
            hash: xxh3_64(key),
        }
    }

    /// The arc that the key belongs to.
    #[must_use]
    #[inline]
    pub fn arc(&self, arcs: ArcCount) -> ArcId {
        arcs.arc_of(self.slot)
    }

    /// The key as frames between nodes carry it.
    #[must_use]
    #[inline]
    pub fn wire(&self) -> WireKey<'a> {
        WireKey {
            slot: self.slot.get(),
            hash: self.hash,
            key: self.key,
        }
    }

    /// Where the key stands in the order that the store is walked in.
    #[must_use]
    #[inline]
    pub fn position(&self) -> Position {
        Position::new(self.slot, self.hash)
    }
}

/// A place in the order of all keys: by slot, then by the upper 48 bits of the hash.
///
/// The order does not depend on the size of any table nor on the number of arcs, so a position is a cursor that stays
/// good while tables grow, shrink, or move to another node. Several keys may share one position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// Before every key: the first position of slot 0.
    pub const START: Self = Self(0);

    /// The position of a key with this slot and hash.
    #[must_use]
    #[inline]
    pub const fn new(slot: Slot, hash: u64) -> Self {
        Self(((slot.get() as u64) << HASH_BITS) | (hash >> (u64::BITS - HASH_BITS)))
    }

    /// The position as a number, for a cursor that leaves the node.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The position that [`Position::number`] gave. Any number is some position.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The first position of slot number `slot`, which may be one past the last slot: the end of all positions.
    #[must_use]
    #[inline]
    pub const fn first_of_slot(slot: u16) -> Self {
        Self((slot as u64) << HASH_BITS)
    }

    /// The least position in slot number `slot` whose hash, scaled down to `0..length`, is `index` or more.
    #[inline]
    pub(super) const fn least_scaled_to(slot: u16, index: u32, length: u32) -> Self {
        debug_assert!(index < length, "a scaled hash is below the length");
        let hash = ((index as u128) << HASH_BITS).div_ceil(length as u128) as u64;
        Self(Self::first_of_slot(slot).0 | hash)
    }

    /// The number of the slot that the position is in; 16384 at the end of all positions.
    #[must_use]
    #[inline]
    pub const fn slot_number(self) -> u16 {
        (self.0 >> HASH_BITS) as u16
    }

    /// The hash's part, as the upper 48 bits of a word whose lower bits are 0.
    #[inline]
    pub(super) const fn hash_bits(self) -> u64 {
        self.0 << (u64::BITS - HASH_BITS)
    }

    /// The position as a number below 2^63, as a SCAN cursor shows it.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The position with these bits; whatever a client sends is one, though it may be past the end.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_ordered_by_slot_and_then_by_hash() {
        let slot = |number| Slot::new(number).unwrap();
        assert!(Position::new(slot(1), u64::MAX) < Position::new(slot(2), 0));
        assert!(Position::new(slot(1), 1 << 20) < Position::new(slot(1), 1 << 40));
        assert_eq!(Position::new(slot(16_383), u64::MAX).slot_number(), 16_383);
        assert_eq!(Position::first_of_slot(16_384).slot_number(), 16_384, "the end fits");
    }

    #[test]
    fn a_position_gives_back_the_upper_bits_of_its_hash() {
        let key = HashedKey::new(b"some key");
        assert_eq!(key.position().hash_bits(), key.hash & !0xffff);
    }
}

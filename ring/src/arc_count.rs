//! How many arcs a cluster has, and so which slots each arc holds.

use std::fmt;
use std::ops::RangeInclusive;

use crate::{ArcId, SLOT_COUNT, Slot};

/// The number of arcs of a cluster: a power of two from 256 to 16384, chosen when the cluster is created.
///
/// All arcs hold equally many consecutive slots, so the arc of a slot is one shift. More arcs spread the load more evenly
/// over many nodes (raise it past some 60 nodes) and cost more locks, digests, moves and a longer `CLUSTER SLOTS`: 0.2 MB at
/// 1024, 4 MB at 16384.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
// Invariant: MIN..=MAX, since slots_log2 is at most 6.
pub struct ArcCount {
    /// The slots of one arc, as a power of two.
    slots_log2: u8,
}

impl ArcCount {
    /// 256 arcs of 64 slots.
    pub const MIN: Self = Self { slots_log2: 6 };
    /// 1024 arcs of 16 slots.
    pub const DEFAULT: Self = Self { slots_log2: 4 };
    /// An arc for each slot.
    pub const MAX: Self = Self { slots_log2: 0 };

    /// `count` arcs; none unless it is a power of two from [`MIN`](Self::MIN) to [`MAX`](Self::MAX).
    #[must_use]
    pub const fn new(count: u16) -> Option<Self> {
        if !count.is_power_of_two() || count < Self::MIN.get() || count > Self::MAX.get() {
            return None;
        }
        Some(Self {
            slots_log2: (SLOT_COUNT / count).trailing_zeros() as u8,
        })
    }

    /// The number of arcs.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u16 {
        SLOT_COUNT >> self.slots_log2
    }

    /// The number of slots of each arc: a power of two from 1 to 64.
    #[must_use]
    #[inline]
    pub const fn slots_per_arc(self) -> u16 {
        1 << self.slots_log2
    }

    /// The arc that holds `slot`.
    #[must_use]
    #[inline]
    pub const fn arc_of(self, slot: Slot) -> ArcId {
        ArcId::from_number(slot.get() >> self.slots_log2)
    }

    /// The arc numbered `number`; none from the count on.
    #[must_use]
    #[inline]
    pub const fn arc(self, number: u16) -> Option<ArcId> {
        if number < self.get() {
            Some(ArcId::from_number(number))
        } else {
            None
        }
    }

    /// The numbers of the slots that `arc` holds, first to last.
    ///
    /// `arc` must be of a cluster with this count; in debug builds anything else panics.
    #[must_use]
    #[inline]
    pub fn slots_of(self, arc: ArcId) -> RangeInclusive<u16> {
        debug_assert!(arc.get() < self.get(), "{arc:?} is not one of {} arcs", self.get());
        let first = arc.get() << self.slots_log2;
        first..=first + (self.slots_per_arc() - 1)
    }

    /// All arcs, in order.
    pub fn arcs(self) -> impl ExactSizeIterator<Item = ArcId> + DoubleEndedIterator + Clone {
        (0..self.get()).map(ArcId::from_number)
    }
}

impl Default for ArcCount {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Debug for ArcCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} arcs", self.get())
    }
}

impl fmt::Display for ArcCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_powers_of_two_within_the_bounds_are_counts() {
        let accepted: Vec<u16> = (0..=u16::MAX).filter(|&count| ArcCount::new(count).is_some()).collect();
        assert_eq!(accepted, [256, 512, 1024, 2048, 4096, 8192, 16_384]);
        for count in accepted {
            assert_eq!(ArcCount::new(count).map(ArcCount::get), Some(count));
        }
        assert_eq!(ArcCount::default().get(), 1024);
    }

    #[test]
    fn arcs_cut_the_slots_into_equal_runs() {
        for count in [256, 1024, 16_384] {
            let count = ArcCount::new(count).unwrap();
            let mut next = 0;
            for arc in count.arcs() {
                let slots = count.slots_of(arc);
                assert_eq!(*slots.start(), next, "{arc:?} begins where the last one ended");
                assert_eq!(slots.len(), usize::from(count.slots_per_arc()));
                for slot in slots.clone() {
                    assert_eq!(
                        count.arc_of(Slot::new(slot).unwrap()),
                        arc,
                        "slot {slot} is in the run of its arc"
                    );
                }
                next = slots.end() + 1;
            }
            assert_eq!(next, SLOT_COUNT, "the runs end with the last slot");
            assert_eq!(count.arc(count.get()), None);
        }
    }
}

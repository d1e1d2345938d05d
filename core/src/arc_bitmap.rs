//! A set of arcs.

use std::fmt;

use circlet_ring::{ArcCount, ArcId};

/// A set of the arcs of one cluster: a bit for each, 128 bytes at 1024 arcs.
#[derive(Clone, PartialEq, Eq)]
pub struct ArcBitmap {
    arcs: ArcCount,
    // Invariant: `arcs / 64` words; arc i is bit i % 64 of word i / 64.
    words: Box<[u64]>,
}

impl ArcBitmap {
    /// No arc.
    #[must_use]
    pub fn empty(arcs: ArcCount) -> Self {
        Self {
            arcs,
            words: vec![0; usize::from(arcs.get()) / 64].into(),
        }
    }

    /// The set whose bits are `words`, arc 0 in the lowest bit of the first; none unless there is a bit for each arc.
    #[must_use]
    pub fn from_words(arcs: ArcCount, words: &[u64]) -> Option<Self> {
        (words.len() == usize::from(arcs.get()) / 64).then(|| Self {
            arcs,
            words: words.into(),
        })
    }

    /// Its bits, arc 0 in the lowest bit of the first word.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Whether `arc` is in the set.
    #[must_use]
    pub fn contains(&self, arc: ArcId) -> bool {
        self.words
            .get(arc.index() / 64)
            .is_some_and(|word| word >> (arc.index() % 64) & 1 == 1)
    }

    /// Adds `arc`; false if it was there.
    pub fn insert(&mut self, arc: ArcId) -> bool {
        let was = self.contains(arc);
        self.words[arc.index() / 64] |= 1 << (arc.index() % 64);
        !was
    }

    /// Takes out `arc`; false if it was not there.
    pub fn remove(&mut self, arc: ArcId) -> bool {
        let was = self.contains(arc);
        self.words[arc.index() / 64] &= !(1 << (arc.index() % 64));
        was
    }

    /// Takes out what is not in `others`; everything, if there are none.
    pub(crate) fn keep_only(&mut self, others: Option<&Self>) {
        for (at, word) in self.words.iter_mut().enumerate() {
            *word &= others.and_then(|others| others.words.get(at)).copied().unwrap_or(0);
        }
    }

    /// How many arcs are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no arc is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The arcs of the set, in order.
    pub fn iter(&self) -> impl Iterator<Item = ArcId> {
        self.arcs.arcs().filter(|&arc| self.contains(arc))
    }

    /// The arcs that are in one of the two sets only, in order.
    pub(crate) fn difference_both_ways(&self, other: &Self) -> Vec<ArcId> {
        debug_assert_eq!(self.arcs, other.arcs, "sets of the same cluster");
        self.arcs
            .arcs()
            .filter(|&arc| self.contains(arc) != other.contains(arc))
            .collect()
    }

    /// How many arcs the cluster has.
    #[must_use]
    pub fn arc_count(&self) -> ArcCount {
        self.arcs
    }
}

impl fmt::Debug for ArcBitmap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} arcs", self.len(), self.arcs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_not_taken_out() {
        let arcs = ArcCount::MIN;
        let mut set = ArcBitmap::empty(arcs);
        for number in [0, 63, 64, 255] {
            assert!(set.insert(arcs.arc(number).unwrap()), "arc {number} is new");
            assert!(!set.insert(arcs.arc(number).unwrap()), "arc {number} is there");
        }
        assert!(set.remove(arcs.arc(64).unwrap()));
        assert!(!set.remove(arcs.arc(64).unwrap()));
        assert_eq!(set.iter().map(ArcId::get).collect::<Vec<_>>(), [0, 63, 255]);
        assert_eq!((set.len(), set.is_empty()), (3, false));
        let copy = ArcBitmap::from_words(arcs, set.words()).unwrap();
        assert_eq!(copy, set);
        assert_eq!(
            ArcBitmap::from_words(ArcCount::DEFAULT, set.words()),
            None,
            "bits of another cluster"
        );
    }
}

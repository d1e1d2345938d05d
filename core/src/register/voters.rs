//! Who decides.

use std::collections::BTreeSet;

use smallvec::SmallVec;

use super::short_id::ShortId;
use crate::topology::VOTERS_MAX;

/// The members whose majority decides the next document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Voters {
    // Invariant: sorted, distinct, 1 to VOTERS_MAX.
    ids: SmallVec<[ShortId; VOTERS_MAX]>,
}

impl Voters {
    /// The list of these members, in any order, or `None` if there are none, too many, or one twice.
    #[must_use]
    pub fn new(ids: impl IntoIterator<Item = ShortId>) -> Option<Self> {
        let mut kept = SmallVec::new();
        for id in ids {
            if kept.len() == VOTERS_MAX {
                return None;
            }
            kept.push(id);
        }
        kept.sort_unstable();
        let is_sound = !kept.is_empty() && kept.is_sorted_by(|a, b| a < b);
        is_sound.then_some(Self { ids: kept })
    }

    /// The voters, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = ShortId> + '_ {
        self.ids.iter().copied()
    }

    /// Whether `id` is one of them.
    #[must_use]
    pub fn contains(&self, id: ShortId) -> bool {
        self.ids.binary_search(&id).is_ok()
    }

    /// How many of them decide.
    #[must_use]
    pub fn majority(&self) -> usize {
        self.ids.len() / 2 + 1
    }

    /// How many of them are in `said`.
    #[must_use]
    pub fn count_in(&self, said: &BTreeSet<ShortId>) -> usize {
        self.iter().filter(|id| said.contains(id)).count()
    }

    /// Whether a majority of them is in `said`.
    #[must_use]
    pub fn is_majority(&self, said: &BTreeSet<ShortId>) -> bool {
        self.count_in(said) >= self.majority()
    }

    /// Whether no majority is left when those in `refused` do not vote.
    #[must_use]
    pub fn is_blocked_by(&self, refused: &BTreeSet<ShortId>) -> bool {
        self.ids.len() - self.count_in(refused) < self.majority()
    }

    /// Whether `next` has at most one voter more or one less than this list, so that any two majorities of the two lists share a voter.
    #[must_use]
    pub fn is_one_step_from(&self, next: &Self) -> bool {
        let added = next.iter().filter(|&id| !self.contains(id)).count();
        let removed = self.iter().filter(|&id| !next.contains(id)).count();
        added + removed <= 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voters(ids: impl IntoIterator<Item = u64>) -> Voters {
        Voters::new(ids.into_iter().map(ShortId::new)).unwrap()
    }

    fn set(ids: impl IntoIterator<Item = u64>) -> BTreeSet<ShortId> {
        ids.into_iter().map(ShortId::new).collect()
    }

    #[test]
    fn a_list_that_could_not_decide_is_no_list() {
        let list = |ids: &[u64]| Voters::new(ids.iter().copied().map(ShortId::new));
        assert_eq!(list(&[]), None);
        assert_eq!(list(&[1, 2, 1]), None, "a voter twice would vote twice");
        assert_eq!(list(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), None);
        assert_eq!(list(&[2, 1]), list(&[1, 2]));
    }

    #[test]
    fn a_majority_is_more_than_half_and_only_voters_count() {
        for (count, majority) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4), (8, 5)] {
            let list = voters(0..count);
            assert_eq!(list.majority(), majority, "of {count}");
            for said in 0..=count {
                let is_enough = said as usize >= majority;
                assert_eq!(list.is_majority(&set(0..said)), is_enough, "{said} of {count}");
                assert_eq!(list.is_majority(&set((0..said).chain(90..99))), is_enough);
                let left = (count - said) as usize;
                assert_eq!(list.is_blocked_by(&set(0..said)), left < majority);
            }
        }
    }

    /// The dumb version: all pairs of subsets.
    #[test]
    fn majorities_of_lists_one_step_apart_share_a_voter() {
        let subsets = |count: u32| (0..1_u64 << count).map(|bits| set((0..64).filter(move |bit| bits >> bit & 1 == 1)));
        for count in 1..=6 {
            let (old, new) = (voters(0..count), voters(0..=count));
            assert!(old.is_one_step_from(&new) && new.is_one_step_from(&old));
            for a in subsets(count as u32).filter(|said| old.is_majority(said)) {
                for b in subsets(count as u32 + 1).filter(|said| new.is_majority(said)) {
                    assert!(!a.is_disjoint(&b), "{a:?} {b:?}");
                }
            }
        }
        assert!(
            !voters([1, 2, 3]).is_one_step_from(&voters([1, 2, 4])),
            "a swap is two steps"
        );
        assert!(voters([1, 2, 3]).is_one_step_from(&voters([1, 2, 3])));
    }
}

//! Going through a table: in order, a stretch at a time, while it changes; and at random.

use super::Table;
use super::entry::Entry;
use crate::store::key::{HashedKey, Position};

impl Table {
    /// Visits the entries from position `from` to some later position, and answers that one: the end of the arc when
    /// nothing is left.
    ///
    /// Going on from there visits every entry that is present all the time exactly once, whatever is inserted and
    /// removed in between and however the table grows: positions do not change, and the entries of a stretch of
    /// positions are visited together, under one hold of the lock. One call visits the entries of one home bucket:
    /// seven or so. The next one's begin to be fetched meanwhile: whoever goes through an arc that nobody asked for lately
    /// would wait for memory at each entry.
    pub(crate) fn walk(&self, from: Position, mut visit: impl FnMut(&HashedKey<'_>, &Entry)) -> Position {
        let from = from.max(Position::first_of_slot(self.first_slot));
        let end_of_arc = Position::first_of_slot(self.first_slot + self.entries_by_slot.len() as u16);
        let Some((array, home)) = self.locate(from) else {
            return end_of_arc;
        };
        if from >= end_of_arc {
            return end_of_arc;
        }
        let (parts, limit) = match &self.old {
            Some(old) if from >= old.boundary() => (old.parts(), end_of_arc),
            Some(old) => (self.face.parts(), old.boundary()),
            None => (self.face.parts(), end_of_arc),
        };
        let end = parts.first_position_after(home, self.first_slot).min(limit);
        if home + 1 < array.len() {
            array.prefetch_all_entries(home + 1);
        }
        array.visit_from(home, |_, entry| {
            let key = HashedKey::new(entry.key());
            if (from..end).contains(&key.position()) {
                visit(&key, entry);
            }
        });
        end
    }

    /// The entries of one bucket, chosen by `random`, which is to be evenly distributed over all 64-bit numbers.
    pub(crate) fn sample(&self, random: u64) -> impl Iterator<Item = &Entry> {
        let in_old = self.old.as_ref().map_or(0, |old| old.len());
        let buckets = u128::from(in_old) + u128::from(self.array.len());
        let index = ((u128::from(random) * buckets) >> u64::BITS) as u32;
        let old = self
            .old
            .as_ref()
            .filter(|_| index < in_old)
            .map(|old| old.in_bucket(index));
        let new = (in_old..in_old + self.array.len())
            .contains(&index)
            .then(|| self.array.in_bucket(index - in_old));
        old.into_iter().flatten().chain(new.into_iter().flatten())
    }
}

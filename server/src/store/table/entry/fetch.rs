//! Fetching what of an entry will be asked for.

use super::super::LINE_BYTES;
use super::super::prefetch::prefetch;
use super::Entry;

/// So many of them are fetched whatever is wanted: header, key, and most strings; of a collection the index, or the first part.
const FIRST_LINES: usize = 2;
const FIRST_LINES_OF_COLLECTION: usize = 3;
/// So far an entry is fetched before it is asked for: more would drive out of the first-level cache what was fetched for others.
const REST_BYTES_MAX: usize = 2 << 10;

/// What a command will look at in a collection that [`Entry::prefetch`] leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    /// Perhaps all of it.
    All,
    /// The field or member of this name.
    Named(&'a [u8]),
}

impl Entry {
    /// Starts to fetch the entry's first two cache lines, or three if it is to be a collection.
    #[inline]
    pub(crate) fn prefetch(&self, of_collection: bool) {
        let lines = if of_collection {
            FIRST_LINES_OF_COLLECTION
        } else {
            FIRST_LINES
        };
        for line in 0..lines {
            prefetch(self.at(line * LINE_BYTES));
        }
    }

    /// Starts to fetch what [`Entry::prefetch`] has left out of what is wanted of a collection, up to 2 KiB; of a collection of its own, where it begins. Looks at the
    /// header and the index.
    #[inline]
    pub(crate) fn prefetch_rest(&self, wanted: Wanted<'_>) {
        let shape = self.shape();
        if shape.large {
            return self
                .collection()
                .map_or((), |collection| prefetch(std::ptr::from_ref(collection).cast()));
        }
        if shape.shared {
            return;
        }
        let end = shape.body_offset() + shape.body_bytes;
        let place = match (wanted, self.index_of(shape)) {
            (Wanted::Named(name), Some(index)) => {
                let part = index.probable(name).and_then(|at| index.from_end(at));
                // Nothing follows the parts of a collection, unless a string stands beside it.
                part.map_or(0..end, |part| {
                    end.saturating_sub(part.start)..end.saturating_sub(part.end)
                })
            }
            _ => 0..end,
        };
        let begin = (place.start / LINE_BYTES).max(FIRST_LINES_OF_COLLECTION) * LINE_BYTES;
        for line in (begin..place.end.min(end).min(REST_BYTES_MAX)).step_by(LINE_BYTES) {
            prefetch(self.at(line));
        }
    }
}

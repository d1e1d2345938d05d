//! A piece of a body becomes another one, where it stands.
//!
//! ```text
//!   | header ... key | index | body: before | gone  | after | unused |
//!   | header ... key | index ... | body: before | bytes ... | after |            same allocation, or one with room for more
//! ```
//!
//! A body that grows piece by piece would soon be in the next size class, and copied each time; so what outgrows its allocation here gets one
//! of the classes of which there are two to a doubling, and keeps to them (`ROOMY`).

use std::alloc::{alloc, handle_alloc_error};
use std::ptr::{self, NonNull};
use std::slice;

use circlet_core::state::{IndexChange, Splice};

use super::{BODY_INLINE_BYTES_MAX, BODY_SHIFT, Entry, Header, ROOMY, Shape, Wide};

impl Entry {
    /// Whether [`Entry::splice_body`] would put in so many bytes: the body stands in the entry's own allocation, has those that go, and may be as long
    /// as it is then.
    #[inline]
    pub(crate) fn takes_splice(&self, splice: &Splice, come: usize) -> bool {
        Self::fits(self.shape(), splice, come)
    }

    #[inline]
    fn fits(shape: Shape, splice: &Splice, come: usize) -> bool {
        let Splice { from_end, gone, .. } = *splice;
        let is_inside = !shape.shared && !shape.large && gone <= from_end && from_end <= shape.body_bytes;
        let body_bytes = shape.body_bytes.wrapping_sub(gone).wrapping_add(come);
        let has_head = splice
            .section_head
            .is_none_or(|(from_end, head)| head.len() <= from_end && from_end <= body_bytes);
        is_inside && body_bytes <= BODY_INLINE_BYTES_MAX && has_head
    }

    /// Replaces a piece of the body by `bytes`, and then what stands before its parts, if that is said, and changes the index. If the entry
    /// does not take that ([`Entry::takes_splice`]) it stays as it is. Answers how many bytes of memory more it takes.
    #[inline]
    pub(crate) fn splice_body(&mut self, splice: &Splice, bytes: &[u8]) -> i64 {
        let old = self.shape();
        let takes = Self::fits(old, splice, bytes.len());
        debug_assert!(takes, "{splice:?} become {}", bytes.len());
        if !takes {
            return 0;
        }
        let growth = if splice.gone == bytes.len() {
            // Nothing else moves, and so nothing changes in the index.
            // SAFETY: the piece lies inside of the body, by the check above, and `bytes` cannot be part of this entry, which is borrowed mutably.
            unsafe {
                let piece = self.at(old.body_offset() + old.body_bytes - splice.from_end);
                ptr::copy_nonoverlapping(bytes.as_ptr(), piece, bytes.len());
            }
            0
        } else {
            self.splice_longer_or_shorter(old, splice, bytes)
        };
        if let Some((from_end, head)) = splice.section_head {
            let shape = self.shape();
            let end = shape.body_offset() + shape.body_bytes;
            // SAFETY: it lies inside of the body as it is now, by the check above.
            unsafe { self.at(end - from_end).cast::<[u8; 8]>().write_unaligned(head) };
        }
        growth
    }

    /// The same, of bytes that are more or fewer than those that go, in an entry of this shape that takes them; but for what stands before the parts.
    fn splice_longer_or_shorter(&mut self, old: Shape, splice: &Splice, bytes: &[u8]) -> i64 {
        let Splice {
            from_end,
            gone,
            index: change,
            ..
        } = *splice;
        let change = change.zip(self.index());
        let mut new = Shape {
            index_bytes: old.index_bytes + change.map_or(0, |(change, index)| change.growth(index)),
            body_bytes: old.body_bytes - gone + bytes.len(),
            ..old
        };
        let change = change.map(|(change, _)| change);
        let old_bytes = old.allocated_bytes();
        if new.allocated_bytes() != old_bytes {
            new.roomy = true;
        }
        let new_bytes = new.allocated_bytes();
        // Of the body: what stands before the piece, and after it.
        let (before_bytes, after_bytes) = (old.body_bytes - from_end, from_end - gone);
        let after = [(old, gone), (new, bytes.len())].map(|(shape, piece)| shape.body_offset() + before_bytes + piece);
        if new_bytes == old_bytes {
            // SAFETY: by the type's invariant all up to the end of the body is initialised. An index that grows moves what stands before the piece to
            // the right, and then what stands after it moves to the right, too, and first; both end inside of the allocation, whose size is that of
            // `new` too.
            unsafe {
                if after[0] != after[1] {
                    ptr::copy(self.at(after[0]), self.at(after[1]), after_bytes);
                }
                if new.index_bytes != old.index_bytes {
                    ptr::copy(self.at(old.body_offset()), self.at(new.body_offset()), before_bytes);
                }
            }
        } else {
            *self = self.copy_around(old, new, before_bytes, (after, after_bytes));
        }
        // SAFETY: what stands around the piece is where `new` has it, in an allocation of its size, and `bytes` cannot be part of this entry, which is
        // borrowed mutably.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(new.body_offset() + before_bytes), bytes.len());
            self.change_index(new, change);
            self.write_lengths(new);
        }
        // Neither is longer than a few times the longest body that is not shared.
        new_bytes as i64 - old_bytes as i64
    }

    /// An allocation for `new`, with all of this entry, whose shape is `old`, but for the piece that is replaced: as many bytes of the body as stand before it,
    /// and as many after it, from the first of two places to the second. What it says of its lengths is yet to be written.
    fn copy_around(
        &self,
        old: Shape,
        new: Shape,
        before_bytes: usize,
        (after, after_bytes): ([usize; 2], usize),
    ) -> Self {
        let layout = new.layout();
        // SAFETY: the layout is not empty: a size class is at least 16.
        let Some(pointer) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout);
        };
        let at = |offset: usize| pointer.as_ptr().wrapping_add(offset);
        // SAFETY: the allocation was made for `new`, of which the piece and what stands before and after it, in the body and before the body, fill
        // all that an entry initialises, together with what the index grows by; up to there both shapes are the same. Neither shape holds a
        // `Bytes` or a `Box`. Nothing here panics, and what is replaced frees its own allocation, whose header is as it was.
        unsafe {
            ptr::copy_nonoverlapping(self.at(0), at(0), old.body_offset());
            ptr::copy_nonoverlapping(self.at(old.body_offset()), at(new.body_offset()), before_bytes);
            ptr::copy_nonoverlapping(self.at(after[0]), at(after[1]), after_bytes);
        }
        Self(pointer)
    }

    /// Changes the index, if there is one and anything changes in it.
    ///
    /// # Safety
    ///
    /// `shape` is the entry's, but for the length of its index, which is what it will be; all that it grows by is the entry's to write, and
    /// nothing stands there any more.
    unsafe fn change_index(&mut self, shape: Shape, change: Option<IndexChange>) {
        let Some(change) = change else { return };
        let (old_bytes, place) = (self.shape().index_bytes, self.at(shape.index_offset()));
        // SAFETY: the index stands there, and what it grows by follows it, initialised here.
        let index = unsafe {
            place
                .wrapping_add(old_bytes)
                .write_bytes(0, shape.index_bytes - old_bytes);
            slice::from_raw_parts_mut(place, shape.index_bytes)
        };
        change.apply(index);
    }

    /// Writes what the header says of the length of the body and of the allocation.
    ///
    /// # Safety
    ///
    /// The allocation is of `shape`'s size, and the entry of its form but for these two.
    unsafe fn write_lengths(&mut self, shape: Shape) {
        let mut header = self.header();
        header.meta = if shape.roomy {
            header.meta | ROOMY
        } else {
            header.meta & !ROOMY
        };
        if let Some(wide) = self.wide() {
            let wide = Wide {
                // It stands in the allocation, so it is 16 KiB at most.
                body_bytes: shape.body_bytes as u32,
                ..wide
            };
            // SAFETY: by the type's invariant `wide` follows the header if the flag is set.
            unsafe { self.at(size_of::<Header>()).cast::<Wide>().write_unaligned(wide) };
        } else {
            header.meta = header.meta & ((1 << BODY_SHIFT) - 1) | (shape.body_bytes as u32) << BODY_SHIFT;
        }
        // SAFETY: the allocation begins with the header.
        unsafe { self.at(0).cast::<Header>().write_unaligned(header) };
    }
}

#[cfg(test)]
mod tests {
    use circlet_core::stamp::Stamp;
    use circlet_core::time::WallMs;
    use proptest::prelude::*;

    use super::super::{Body, Content};
    use super::*;

    fn content(bytes: &[u8], expiry: Option<u64>) -> Content<'_> {
        Content {
            generation: Stamp::new(WallMs::new(1_763_719_355_123), 7),
            expiry: expiry.map(WallMs::new),
            body: Body::Encoded {
                bytes,
                is_uniform: true,
                index: None,
            },
        }
    }

    proptest! {
        #[test]
        fn a_body_whose_pieces_are_replaced_is_the_same_as_a_vector(
            key_bytes in prop_oneof![0usize..40, 250usize..260],
            expiry in prop_oneof![Just(None), any::<u64>().prop_map(Some)],
            start_bytes in 0usize..200,
            // Where, in thousandths of the body, how many bytes go and come, and whether all of it is written again before.
            splices in prop::collection::vec((prop_oneof![0usize..40, 0usize..=1000, 960usize..=1000], 0usize..50, 0usize..300, 0u8..8), 1..60),
        ) {
            let key = vec![b'k'; key_bytes];
            let mut body: Vec<u8> = (0..start_bytes).map(|at| at as u8).collect();
            let mut entry = Entry::new(&key, &content(&body, expiry));
            for (turn, (place, gone, come, again)) in splices.into_iter().enumerate() {
                let from_end = body.len() - body.len() * place / 1000;
                let gone = gone.min(from_end);
                let bytes = vec![turn as u8; come];
                if again == 0 {
                    prop_assert!(entry.overwrite(&content(&body, expiry)), "its size is as it was");
                }
                let begin = body.len() - from_end;
                let mut splice = Splice {
                    from_end,
                    gone,
                    section_head: None,
                    index: None,
                };
                let len = body.len() - gone + come;
                if len >= 8 {
                    // Where it is told to, whatever else stands there.
                    splice.section_head = Some((len - place * (len - 8) / 1000, [0xee; 8]));
                }
                if entry.takes_splice(&splice, come) {
                    entry.splice_body(&splice, &bytes);
                    body.splice(begin..begin + gone, bytes);
                    if let Some((from_end, head)) = splice.section_head {
                        body[len - from_end..][..8].copy_from_slice(&head);
                    }
                }
                prop_assert_eq!(entry.key(), &key[..]);
                prop_assert_eq!(entry.content(), content(&body, expiry));
            }
        }
    }
}

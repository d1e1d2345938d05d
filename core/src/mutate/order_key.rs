//! The names of a list's elements: byte strings whose order is that of the elements.
//!
//! ```text
//!   position, 1 to 9 bytes, -1 before 0 before 1 ... | [more bytes, by LINSERT] | tag, 4 bytes
//! ```
//!
//! RPUSH takes the position after the last element that there is or was, LPUSH the one before the first: three bytes for
//! the 256th. LINSERT takes a name strictly between two others, which exists since no name ends in a zero byte, and is a
//! byte longer for each eight insertions at one place.
//!
//! **Names are never used twice**, or the deletion of one element would hit another one. On one side of a partition, because
//! deleted elements keep their names taken until every owner knows of the deletion. On two sides, because of the tag: a
//! hash of who writes (a node in one of its lives, since it last forgot anything: [`Author`]) and of the generation. So
//! pushes on two sides interleave by position, in an order that is the same everywhere: a chance of 2^-32 a pair of nodes
//! and generation aside, in which case one of the two elements is lost.
//!
//! Refused: the stamp as position. It orders concurrent pushes by time, but takes 12 bytes an element, and needs the tag
//! all the same: in one millisecond two sides begin with the same stamp.

use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use super::{Author, End};
use crate::stamp::Stamp;

/// The name of an element. One that was pushed needs no memory of its own.
pub type OrderKey = SmallVec<[u8; 16]>;

/// Bytes of a tag.
const TAG_BYTES: usize = 4;

/// The first byte of position 0; of a greater one so much more as it has bytes, of a negative one so much less, less one.
const ZERO_POSITION: u8 = 0x80;

/// Makes names for the elements that one command writes.
#[derive(Clone, Copy, Debug)]
pub struct OrderKeys {
    // Invariant: the last byte is not zero.
    tag: [u8; TAG_BYTES],
}

impl OrderKeys {
    /// For what `author` writes in a list of this generation.
    #[must_use]
    pub fn new(author: Author, generation: Stamp) -> Self {
        let mut bytes = [0; 24];
        let words = [author.node, author.run_epoch.to_bits(), generation.to_bits()];
        for (place, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        let mut tag = (xxh3_64(&bytes) as u32).to_le_bytes();
        tag[TAG_BYTES - 1] |= 1;
        Self { tag }
    }

    /// A name outside of the `outermost` one at that end; the first one of an empty list.
    #[must_use]
    pub fn beyond(&self, end: End, outermost: Option<&[u8]>) -> OrderKey {
        match end {
            End::Front => self.before(outermost),
            End::Back => self.after(outermost),
        }
    }

    /// A name after `last`; the first one of an empty list.
    #[must_use]
    pub fn after(&self, last: Option<&[u8]>) -> OrderKey {
        let Some(last) = last else {
            return self.tagged(Position::Right(0).bytes());
        };
        let next = Position::of(last).and_then(Position::next).map(Position::bytes);
        self.tagged(
            next.filter(|next| **next > *last)
                .unwrap_or_else(|| path_between(last, None)),
        )
    }

    /// A name before `first`; the first one of an empty list.
    #[must_use]
    pub fn before(&self, first: Option<&[u8]>) -> OrderKey {
        let Some(first) = first else {
            return self.tagged(Position::Right(0).bytes());
        };
        let previous = Position::of(first).and_then(Position::previous).map(Position::bytes);
        let is_before = |previous: &OrderKey| **previous < *first && !first.starts_with(previous);
        self.tagged(
            previous
                .filter(is_before)
                .unwrap_or_else(|| path_between(b"", Some(first))),
        )
    }

    /// A name between `left` and `right`, two neighbours.
    #[must_use]
    pub fn between(&self, left: &[u8], right: &[u8]) -> OrderKey {
        debug_assert!(left < right, "neighbours are given in their order");
        self.tagged(path_between(left, Some(right)))
    }

    fn tagged(&self, mut path: OrderKey) -> OrderKey {
        path.extend_from_slice(&self.tag);
        path
    }
}

/// A byte string after `left` and before `right` (if there is one), also if any tag follows it; ends in no zero byte.
///
/// Both are read as fractions, digit by digit: the first digit with room between them gets the middle.
fn path_between(left: &[u8], right: Option<&[u8]>) -> OrderKey {
    let mut path = OrderKey::new();
    let mut upper = right;
    loop {
        let at = path.len();
        let low = left.get(at).map_or(0, |&digit| u16::from(digit));
        // The right one does not end here: it is after the left one and does not end in zero.
        let high = upper
            .and_then(|right| right.get(at))
            .map_or(256, |&digit| u16::from(digit));
        if high > low + 1 {
            path.push((low + (high - low) / 2) as u8);
            return path;
        }
        path.push(low as u8);
        if high > low {
            // From here on everything after the rest of the left one will do.
            upper = None;
        }
    }
}

/// Where RPUSH and LPUSH put elements: ... Left(1), Left(0), Right(0), Right(1) ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Left(u64),
    Right(u64),
}

impl Position {
    /// The position that a name begins with, or for one that LINSERT made the outermost one that is not outside of it.
    /// `None` for names that were not made here.
    fn of(name: &[u8]) -> Option<Self> {
        let (&first, rest) = name.split_first()?;
        let (is_right, len) = if first >= ZERO_POSITION {
            (true, usize::from(first - ZERO_POSITION))
        } else {
            (false, usize::from(ZERO_POSITION - 1 - first))
        };
        if len > size_of::<u64>() {
            return None;
        }
        let digit = |at: usize| rest.get(at).map_or(0, |&digit| if is_right { digit } else { !digit });
        let magnitude = (0..len).fold(0, |magnitude: u64, at| magnitude << 8 | u64::from(digit(at)));
        // A name between two of different lengths may begin with a shorter number in a longer form.
        let least = if len > 0 { 1 << (8 * (len - 1)) } else { 0 };
        let magnitude = magnitude.max(least);
        Some(if is_right {
            Self::Right(magnitude)
        } else {
            Self::Left(magnitude)
        })
    }

    fn bytes(self) -> OrderKey {
        let (magnitude, is_right) = match self {
            Self::Left(magnitude) => (magnitude, false),
            Self::Right(magnitude) => (magnitude, true),
        };
        let digits = if is_right { magnitude } else { !magnitude }.to_be_bytes();
        let digits = &digits[magnitude.leading_zeros() as usize / 8..];
        let len = digits.len() as u8;
        let mut bytes = OrderKey::new();
        bytes.push(if is_right {
            ZERO_POSITION + len
        } else {
            ZERO_POSITION - 1 - len
        });
        bytes.extend_from_slice(digits);
        bytes
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Left(0) => Some(Self::Right(0)),
            Self::Left(magnitude) => Some(Self::Left(magnitude - 1)),
            Self::Right(magnitude) => magnitude.checked_add(1).map(Self::Right),
        }
    }

    fn previous(self) -> Option<Self> {
        match self {
            Self::Right(0) => Some(Self::Left(0)),
            Self::Right(magnitude) => Some(Self::Right(magnitude - 1)),
            Self::Left(magnitude) => magnitude.checked_add(1).map(Self::Left),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(node: u64) -> OrderKeys {
        let author = Author {
            node,
            run_epoch: Stamp::ZERO,
        };
        OrderKeys::new(author, Stamp::ZERO)
    }

    #[derive(Clone, Debug)]
    enum Op {
        Front(u64),
        Back(u64),
        Between(u64, prop::sample::Index),
    }

    fn ops() -> impl Strategy<Value = Vec<Op>> {
        let node = || 1..4_u64;
        let op = prop_oneof![
            node().prop_map(Op::Front),
            node().prop_map(Op::Back),
            (node(), any::<prop::sample::Index>()).prop_map(|(node, at)| Op::Between(node, at)),
        ];
        prop::collection::vec(op, 1..200)
    }

    proptest! {
        #[test]
        fn names_stand_where_they_were_put_and_end_in_no_zero(ops in ops()) {
            let mut names: Vec<OrderKey> = Vec::new();
            for op in ops {
                let (at, name) = match op {
                    Op::Front(node) => (0, keys(node).before(names.first().map(SmallVec::as_slice))),
                    Op::Back(node) => (names.len(), keys(node).after(names.last().map(SmallVec::as_slice))),
                    Op::Between(_, _) if names.len() < 2 => continue,
                    Op::Between(node, at) => {
                        let at = 1 + at.index(names.len() - 1);
                        (at, keys(node).between(&names[at - 1], &names[at]))
                    }
                };
                prop_assert_ne!(name.last(), Some(&0));
                names.insert(at, name);
                prop_assert!(names.is_sorted_by(|a, b| a < b), "{names:x?}");
            }
        }

        #[test]
        fn whatever_a_peer_sent_has_names_on_both_sides_and_between(mut names in prop::collection::btree_set("[^\0]{1,9}", 2)) {
            let right = OrderKey::from_vec(names.pop_last().unwrap().into_bytes());
            let left = OrderKey::from_vec(names.pop_last().unwrap().into_bytes());
            prop_assert!(keys(1).before(Some(&left)) < left);
            prop_assert!(keys(1).after(Some(&right)) > right);
            let between = keys(1).between(&left, &right);
            prop_assert!(left < between && between < right);
        }
    }

    #[test]
    fn names_of_pushes_are_short() {
        let mut back = keys(1).after(None);
        let mut front = back.clone();
        for pushed in 1..70_000_usize {
            let (next, previous) = (keys(1).after(Some(&back)), keys(1).before(Some(&front)));
            assert!(previous < front && back < next);
            (back, front) = (next, previous);
            let bytes = 1 + TAG_BYTES + (usize::BITS - pushed.leading_zeros()).div_ceil(8) as usize;
            assert!(
                back.len() == bytes && front.len() <= bytes,
                "{pushed}: {back:x?} {front:x?}"
            );
        }
    }

    #[test]
    fn insertions_at_one_place_take_a_byte_for_eight() {
        let mut left = keys(1).after(None);
        let right = keys(1).after(Some(&left));
        let mut right_moving = right.clone();
        let mut left_moving = left.clone();
        for _ in 0..80 {
            left = keys(1).between(&left, &right);
            right_moving = keys(1).between(&left_moving, &right_moving);
            if right_moving.len() > 40 {
                left_moving = right_moving.clone();
                break;
            }
        }
        assert!(left.len() < 25 && left_moving.len() < 25, "{} bytes", left.len());
    }

    #[test]
    fn two_authors_and_two_generations_have_names_of_their_own() {
        let author = Author {
            node: 1,
            run_epoch: Stamp::ZERO,
        };
        let other_epoch = Author {
            run_epoch: Stamp::from_bits(9),
            ..author
        };
        let names = [
            OrderKeys::new(author, Stamp::ZERO).after(None),
            OrderKeys::new(other_epoch, Stamp::ZERO).after(None),
            OrderKeys::new(author, Stamp::from_bits(9)).after(None),
            keys(2).after(None),
        ];
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}

//! In which form Redis 7.2 would keep a value that was made afresh: what OBJECT ENCODING answers.
//!
//! The bounds are Redis's defaults, shown by CONFIG GET and fixed: Circlet's own forms do not depend on them.

use circlet_core::collection::Shape;
use circlet_core::state::Kind;

use super::pure::number::parse_integer;

/// The longest string that Redis keeps in one allocation with its header, in bytes.
const EMBEDDED_BYTES_MAX: usize = 44;
/// What an element of a listpack takes beyond its bytes, in bytes: as a rule.
const LISTPACK_ELEMENT_BYTES: usize = 2;

/// The most fields of a hash in a listpack.
pub(crate) const HASH_LISTPACK_ENTRIES_MAX: u32 = 512;
/// The most members of a set in a listpack.
pub(crate) const SET_LISTPACK_ENTRIES_MAX: u32 = 128;
/// The most members of a sorted set in a listpack.
pub(crate) const SORTED_SET_LISTPACK_ENTRIES_MAX: u32 = 128;
/// The longest name or value in a listpack, in bytes.
pub(crate) const LISTPACK_VALUE_BYTES_MAX: u32 = 64;
/// The most members of a set of integers in an array.
pub(crate) const INTSET_ENTRIES_MAX: u32 = 512;
/// The largest list in one listpack; Redis's -2 means 8 KiB.
pub(crate) const LIST_LISTPACK_SIZE: i64 = -2;
const LIST_LISTPACK_BYTES_MAX: usize = 8 << 10;

/// The form of a string.
pub(super) fn of_string(value: &[u8]) -> &'static str {
    if parse_integer(value).is_some() {
        "int"
    } else if value.len() <= EMBEDDED_BYTES_MAX {
        "embstr"
    } else {
        "raw"
    }
}

/// The form of a collection of type `kind`; of a string, which has no parts, that of an empty one.
pub(super) fn of_collection(kind: Kind, shape: Shape) -> &'static str {
    match kind {
        Kind::String => of_string(b""),
        Kind::List => {
            let bytes = shape.total_bytes + shape.len * LISTPACK_ELEMENT_BYTES;
            if bytes <= LIST_LISTPACK_BYTES_MAX {
                "listpack"
            } else {
                "quicklist"
            }
        }
        Kind::Set if shape.is_all_integers && shape.len <= INTSET_ENTRIES_MAX as usize => "intset",
        Kind::Set => packed_or(shape, SET_LISTPACK_ENTRIES_MAX, "hashtable"),
        Kind::SortedSet => packed_or(shape, SORTED_SET_LISTPACK_ENTRIES_MAX, "skiplist"),
        Kind::Hash => packed_or(shape, HASH_LISTPACK_ENTRIES_MAX, "hashtable"),
    }
}

fn packed_or(shape: Shape, entries_max: u32, large: &'static str) -> &'static str {
    let is_small = shape.len <= entries_max as usize && shape.longest_bytes <= LISTPACK_VALUE_BYTES_MAX as usize;
    if is_small { "listpack" } else { large }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_string_is_told_from_its_bytes() {
        let cases: [(&[u8], &str); 6] = [
            (b"", "embstr"),
            (b"123", "int"),
            (b"0123", "embstr"),
            (b"9223372036854775808", "embstr"),
            (&[b'x'; 44], "embstr"),
            (&[b'x'; 45], "raw"),
        ];
        for (value, expected) in cases {
            assert_eq!(of_string(value), expected, "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn the_form_of_a_collection_is_told_from_its_shape() {
        let cases = [
            (Kind::Hash, 512, 64, false, "listpack"),
            (Kind::Hash, 513, 64, false, "hashtable"),
            (Kind::Hash, 1, 65, false, "hashtable"),
            (Kind::Set, 512, 3, true, "intset"),
            (Kind::Set, 513, 3, true, "hashtable"),
            (Kind::Set, 128, 64, false, "listpack"),
            (Kind::Set, 129, 1, false, "hashtable"),
            (Kind::Set, 2, 65, false, "hashtable"),
            (Kind::SortedSet, 128, 64, true, "listpack"),
            (Kind::SortedSet, 129, 1, true, "skiplist"),
            (Kind::List, 1_000, 6, false, "listpack"),
            (Kind::List, 2_000, 6, false, "quicklist"),
        ];
        for (kind, len, longest_bytes, is_all_integers, expected) in cases {
            let shape = Shape {
                len,
                longest_bytes,
                total_bytes: len * longest_bytes,
                is_all_integers,
            };
            assert_eq!(of_collection(kind, shape), expected, "{kind:?} {shape:?}");
        }
    }
}

//! `OBJECT ENCODING | REFCOUNT | IDLETIME | FREQ key` and `OBJECT HELP`: how a value is kept, as far as that can be said.
//!
//! Circlet has encodings of its own. ENCODING and REFCOUNT answer what Redis 7.2 would for the same value freshly made,
//! since tools look at them; FREQ is the error that Redis gives without an LFU policy. IDLETIME answers the seconds
//! since the last write: reads leave no trace.

use circlet_core::collection::Shape;
use circlet_core::state::Kind;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::parse_integer;

/// The longest string that Redis keeps in one allocation with its header.
const EMBEDDED_BYTES_MAX: usize = 44;
/// Redis shares one object for each integer below this.
const SHARED_INTEGERS: i64 = 10_000;
/// The reference count that such an object shows.
const SHARED_REFCOUNT: i64 = i32::MAX as i64;

/// The longest name or value, and the most parts, of hashes, sets and sorted sets that Redis keeps in a listpack.
const LISTPACK_VALUE_BYTES_MAX: usize = 64;
const LISTPACK_ENTRIES_MAX: usize = 128;
/// The most members of a set of integers that Redis keeps in an array.
const INTSET_ENTRIES_MAX: usize = 512;
/// The largest list that Redis keeps in one listpack, in bytes.
const LISTPACK_LIST_BYTES_MAX: usize = 8 << 10;
/// What an element of a listpack takes beyond its bytes, in bytes: as a rule.
const LISTPACK_ELEMENT_BYTES: usize = 2;

/// Handles OBJECT ENCODING.
pub(in crate::command) fn encoding(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let encoding = match cx.look_for_kind()? {
        None => {
            reply.null();
            return Ok(());
        }
        Some(Kind::String) => encoding_of(&cx.string()?.unwrap_or_default()),
        Some(kind @ Kind::List) => list_encoding(cx.live(kind)?.shape()),
        Some(kind @ Kind::Set) => set_encoding(cx.live(kind)?.shape()),
        Some(kind @ Kind::SortedSet) => packed_or(cx.live(kind)?.shape(), "skiplist"),
        Some(kind @ Kind::Hash) => packed_or(cx.live(kind)?.shape(), "hashtable"),
    };
    reply.bulk(encoding.as_bytes());
    Ok(())
}

/// Handles OBJECT REFCOUNT.
pub(in crate::command) fn refcount(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    match cx.look_for_kind()? {
        None => reply.null(),
        Some(Kind::String) => {
            let value = cx.string()?.unwrap_or_default();
            let shared = parse_integer(&value).is_some_and(|number| (0..SHARED_INTEGERS).contains(&number));
            reply.integer(if shared { SHARED_REFCOUNT } else { 1 });
        }
        Some(_) => reply.integer(1),
    }
    Ok(())
}

/// Handles OBJECT IDLETIME.
pub(in crate::command) fn idletime(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    if cx.look_for()? {
        let idle_ms = cx.now().get().saturating_sub(cx.written_at().get());
        reply.integer(i64::try_from(idle_ms / 1000).unwrap_or(i64::MAX));
    } else {
        reply.null();
    }
    Ok(())
}

/// Handles OBJECT FREQ.
pub(in crate::command) fn freq(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if cx.look_for()? {
        return Err(CommandError::NoFrequency);
    }
    reply.null();
    Ok(())
}

fn encoding_of(value: &[u8]) -> &'static str {
    if parse_integer(value).is_some() {
        "int"
    } else if value.len() <= EMBEDDED_BYTES_MAX {
        "embstr"
    } else {
        "raw"
    }
}

fn list_encoding(shape: Shape) -> &'static str {
    if shape.total_bytes + shape.len * LISTPACK_ELEMENT_BYTES <= LISTPACK_LIST_BYTES_MAX {
        "listpack"
    } else {
        "quicklist"
    }
}

fn set_encoding(shape: Shape) -> &'static str {
    if shape.is_all_integers && shape.len <= INTSET_ENTRIES_MAX {
        "intset"
    } else {
        packed_or(shape, "hashtable")
    }
}

fn packed_or(shape: Shape, large: &'static str) -> &'static str {
    if shape.len <= LISTPACK_ENTRIES_MAX && shape.longest_bytes <= LISTPACK_VALUE_BYTES_MAX {
        "listpack"
    } else {
        large
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_told_from_the_value_as_redis_chooses_it() {
        let cases: [(&[u8], &str); 6] = [
            (b"", "embstr"),
            (b"123", "int"),
            (b"0123", "embstr"),
            (b"9223372036854775808", "embstr"),
            (&[b'x'; 44], "embstr"),
            (&[b'x'; 45], "raw"),
        ];
        for (value, expected) in cases {
            assert_eq!(encoding_of(value), expected, "{}", String::from_utf8_lossy(value));
        }
    }
}

//! `OBJECT ENCODING | REFCOUNT | IDLETIME | FREQ key` and `OBJECT HELP`: how a value is kept, as far as that can be said.
//!
//! Circlet has encodings of its own. ENCODING and REFCOUNT answer what Redis 7.2 would for the same value freshly made,
//! since tools look at them; FREQ is the error that Redis gives without an LFU policy. IDLETIME answers the seconds
//! since the last write: reads leave no trace.

use circlet_core::state::Kind;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::encoding::{of_collection, of_string};
use crate::command::error::CommandError;
use crate::command::pure::number::parse_integer;

/// Redis shares one object for each integer below this.
const SHARED_INTEGERS: i64 = 10_000;
/// The reference count that such an object shows.
const SHARED_REFCOUNT: i64 = i32::MAX as i64;

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
        Some(Kind::String) => of_string(&cx.string()?.unwrap_or_default()),
        Some(kind) => of_collection(kind, cx.live(kind)?.shape()),
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

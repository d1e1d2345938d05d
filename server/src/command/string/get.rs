//! `GET key`: the value, or null.
//!
//! `MGET key [key ...]` is made of the same for each of its keys: see [`part_of_mget`].

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles GET.
pub(in crate::command) fn get(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply_value(cx, reply)
}

/// Answers for one key of MGET: as GET, but null for a key of another type, which is no error there.
pub(in crate::command) fn part_of_mget(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    match reply_value(cx, reply) {
        Err(CommandError::WrongType) => {
            reply.null();
            Ok(())
        }
        answered => answered,
    }
}

/// A value of as many bytes or more is sent from where it is kept: the reply holds a reference, and it leaves by a vectored write.
/// A shorter one is cheaper to copy than to be one more piece of a write, and would keep small replies from being one.
const SHARED_BYTES_MIN: usize = 64 << 10;

/// Answers the key's value, or null if there is none.
pub(super) fn reply_value(cx: &mut KeyCx<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    match cx.look_up()? {
        Some(value) if value.len() < SHARED_BYTES_MIN => {
            reply.bulk(&value);
            return Ok(());
        }
        Some(_) => {}
        None => {
            reply.null();
            return Ok(());
        }
    }
    reply_long(cx, reply)
}

#[cold]
fn reply_long(cx: &KeyCx<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    match (cx.shared_string(), cx.string()?) {
        (Some(shared), _) => reply.bulk_shared(shared),
        // It is part of a state that is more than a value.
        (None, Some(value)) => reply.bulk(&value),
        (None, None) => reply.null(),
    }
    Ok(())
}

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

/// Answers the key's value, or null if there is none.
pub(super) fn reply_value(cx: &mut KeyCx<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    match cx.look_up()? {
        Some(value) => reply.bulk(&value),
        None => reply.null(),
    }
    Ok(())
}

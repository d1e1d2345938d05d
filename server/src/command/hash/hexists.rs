//! `HEXISTS key field`: 1 if there is such a field, else 0. `HSTRLEN key field`: the length of its value, 0 without one.
//! `HLEN key`: how many fields there are.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::length;

/// Handles HEXISTS.
pub(in crate::command) fn hexists(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    reply.integer(i64::from(cx.hash()?.get(&args[2]).is_some()));
    Ok(())
}

/// Handles HSTRLEN.
pub(in crate::command) fn hstrlen(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    reply.integer(length(cx.hash()?.get(&args[2]).map_or(0, |value| value.len())));
    Ok(())
}

/// Handles HLEN.
pub(in crate::command) fn hlen(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply.integer(length(cx.hash()?.len()));
    Ok(())
}

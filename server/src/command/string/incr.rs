//! `INCR key`, `DECR key`, `INCRBY key increment`, `DECRBY key decrement`.
//!
//! Adds to the integer that the key holds, 0 if it is absent, and answers the sum. What is written is a run beside the
//! base and not a new base (DESIGN.md section 3), so that increments on two sides of a partition add up.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;

/// Handles INCR.
pub(in crate::command) fn incr(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    add(cx, 1, reply)
}

/// Handles DECR.
pub(in crate::command) fn decr(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    add(cx, -1, reply)
}

/// Handles INCRBY.
pub(in crate::command) fn incrby(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    add(cx, integer(&args[2])?, reply)
}

/// Handles DECRBY.
pub(in crate::command) fn decrby(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let opposite = integer(&args[2])?
        .checked_neg()
        .ok_or(CommandError::DecrementOverflow)?;
    add(cx, opposite, reply)
}

fn add(cx: &mut KeyCx<'_>, increment: i64, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply.integer(cx.incr_by(increment)?);
    Ok(())
}

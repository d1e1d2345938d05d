//! `LPUSH | RPUSH | LPUSHX | RPUSHX key element [element ...]`: adds elements at the front or the back, one after the other, and
//! answers how many there are.
//!
//! With an X nothing is added if there is no list.

use circlet_core::mutate::End;
use circlet_resp::{Args, ReplyBuf};

use super::length;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles LPUSH.
pub(in crate::command) fn lpush(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    push(cx, args, End::Front, reply)
}

/// Handles RPUSH.
pub(in crate::command) fn rpush(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    push(cx, args, End::Back, reply)
}

/// Handles LPUSHX.
pub(in crate::command) fn lpushx(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    push_to_existing(cx, args, End::Front, reply)
}

/// Handles RPUSHX.
pub(in crate::command) fn rpushx(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    push_to_existing(cx, args, End::Back, reply)
}

fn push_to_existing(cx: &mut KeyCx<'_>, args: Args<'_>, end: End, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if cx.exists()? {
        return push(cx, args, end, reply);
    }
    reply.integer(0);
    Ok(())
}

/// Adds elements at one end.
fn push(cx: &mut KeyCx<'_>, args: Args<'_>, end: End, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if args.len() == 3
        && let Some(len) = cx.push_one(end, &args[2])
    {
        reply.integer(length(len));
        return Ok(());
    }
    let mut list = cx.edit_list()?;
    for element in args.skip(2) {
        list.push(end, element);
    }
    reply.integer(length(list.len()));
    list.commit();
    Ok(())
}

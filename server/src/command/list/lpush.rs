//! `LPUSH key element [element ...]`: adds elements at the front, one after the other, and answers how many there are.

use circlet_core::mutate::End;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles LPUSH.
pub(in crate::command) fn lpush(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    push(cx, args, End::Front, reply)
}

/// Adds elements at one end.
fn push(cx: &mut KeyCx<'_>, args: Args<'_>, end: End, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut list = cx.edit_list()?;
    for element in args.skip(2) {
        list.push(end, element);
    }
    reply.integer(i64::try_from(list.len()).unwrap_or(i64::MAX));
    list.commit();
    Ok(())
}

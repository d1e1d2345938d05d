//! `LPOP | RPOP key [count]`: takes one element off the front or the back; with a count an array of up to so many, the outermost
//! first.

use circlet_core::mutate::End;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::{KeyCx, ListEdit};
use crate::command::error::CommandError;
use crate::command::pure::number::count;

/// Handles LPOP.
pub(in crate::command) fn lpop(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    pop(cx, args, End::Front, "lpop", reply)
}

/// Handles RPOP.
pub(in crate::command) fn rpop(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    pop(cx, args, End::Back, "rpop", reply)
}

fn pop(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    end: End,
    name: &'static str,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    if args.len() > 3 {
        return Err(CommandError::WrongArity(name));
    }
    let count = args.get(2).map(count).transpose()?;
    let mut list = cx.edit_list()?;
    match count {
        None => match list.pop(end) {
            Some(element) => reply.bulk(&element),
            None => reply.null(),
        },
        Some(_) if list.is_empty() => reply.null_array(),
        Some(count) => pop_some(&mut list, end, count, reply),
    }
    list.commit();
    Ok(())
}

/// Takes up to `count` elements off one end, and answers them as an array.
pub(super) fn pop_some(list: &mut ListEdit<'_, '_>, end: End, count: usize, reply: &mut ReplyBuf) {
    let count = count.min(list.len());
    reply.array(count);
    for _ in 0..count {
        reply.bulk(&list.pop(end).unwrap_or_default());
    }
}

//! `LLEN key`, `LINDEX key index` and `LSET key index element`. Indices count from 0, from the end if negative.

use circlet_resp::{Args, ReplyBuf};

use super::length;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;

/// Handles LLEN.
pub(in crate::command) fn llen(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply.integer(length(cx.list()?.len()));
    Ok(())
}

/// Handles LINDEX: the element, or null. As in Redis the index is not looked at if there is no list.
pub(in crate::command) fn lindex(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let which = |len| Ok(place(integer(&args[2])?, len));
    cx.read_element(which, |element| match element {
        Some(element) => reply.bulk(element),
        None => reply.null(),
    })
}

/// Handles LSET: `OK`, or an error if there is no such element.
pub(in crate::command) fn lset(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut list = cx.edit_list()?;
    if list.is_empty() {
        return Err(CommandError::NoSuchKey);
    }
    let index = place(integer(&args[2])?, list.len()).ok_or(CommandError::IndexOutOfRange)?;
    let name = list.before().get(index).map(|element| element.name.to_vec());
    let name = name.ok_or(CommandError::IndexOutOfRange)?;
    list.set(&name, &args[3]);
    list.commit();
    reply.ok();
    Ok(())
}

/// The place from the front that an index means in a list of `len` elements.
fn place(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 {
        index.checked_add(length(len))?
    } else {
        index
    };
    usize::try_from(index).ok().filter(|&index| index < len)
}

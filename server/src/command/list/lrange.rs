//! `LRANGE key start stop`: the elements between two indices, both included, counted from the end if negative.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;
use crate::command::pure::span;

/// Handles LRANGE.
pub(in crate::command) fn lrange(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let (start, stop) = (integer(&args[2])?, integer(&args[3])?);
    let list = cx.list()?;
    let elements = list.range(span::indices(start, stop, list.len()));
    reply.array(elements.len());
    for element in elements {
        reply.bulk(element.value);
    }
    Ok(())
}

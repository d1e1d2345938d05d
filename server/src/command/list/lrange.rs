//! `LRANGE key start stop`: the elements between two indices, both included, counted from the end if negative. `LTRIM key start
//! stop` deletes all others.

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

/// Handles LTRIM. Elements are deleted one by one, also when none is left: what another owner is pushing at the same time stays.
pub(in crate::command) fn ltrim(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let (start, stop) = (integer(&args[2])?, integer(&args[3])?);
    let mut list = cx.edit_list()?;
    let len = list.len();
    let kept = span::indices(start, stop, len);
    let outside = [0..kept.start, kept.end..len];
    let outside = outside.into_iter().flat_map(|indices| list.before().range(indices));
    let names: Vec<Vec<u8>> = outside.map(|element| element.name.to_vec()).collect();
    for name in &names {
        list.delete(name);
    }
    list.commit();
    reply.ok();
    Ok(())
}

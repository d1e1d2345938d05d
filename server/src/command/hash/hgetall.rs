//! `HGETALL key`: all fields with their values. `HKEYS key`: all fields. `HVALS key`: all values. In no order that means
//! anything, but the same in all three as long as nothing is written.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles HGETALL.
pub(in crate::command) fn hgetall(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let hash = cx.hash()?;
    reply.map(hash.len());
    for field in hash.iter() {
        reply.bulk(field.name);
        reply.bulk(&field.value);
    }
    Ok(())
}

/// Handles HKEYS.
pub(in crate::command) fn hkeys(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let hash = cx.hash()?;
    reply.array(hash.len());
    hash.iter().for_each(|field| reply.bulk(field.name));
    Ok(())
}

/// Handles HVALS.
pub(in crate::command) fn hvals(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let hash = cx.hash()?;
    reply.array(hash.len());
    hash.iter().for_each(|field| reply.bulk(&field.value));
    Ok(())
}

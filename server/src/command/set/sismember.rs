//! `SISMEMBER key member`: 1 if it is one of the set's members, else 0. `SMISMEMBER key member [member ...]`: the same of several.
//! `SCARD key`: how many members there are.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::length;

/// Handles SISMEMBER.
pub(in crate::command) fn sismember(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    reply.integer(i64::from(cx.set_view()?.contains(&args[2])));
    Ok(())
}

/// Handles SMISMEMBER.
pub(in crate::command) fn smismember(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let set = cx.set_view()?;
    let members = args.skip(2);
    reply.array(members.len());
    for member in members {
        reply.integer(i64::from(set.contains(member)));
    }
    Ok(())
}

/// Handles SCARD.
pub(in crate::command) fn scard(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply.integer(length(cx.set_view()?.len()));
    Ok(())
}

//! `SMEMBERS key`: all members, in no order that means anything.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles SMEMBERS.
pub(in crate::command) fn smembers(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let set = cx.set_view()?;
    reply.set(set.len());
    for member in set.iter() {
        reply.bulk(member);
    }
    Ok(())
}

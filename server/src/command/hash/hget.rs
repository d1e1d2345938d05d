//! `HGET key field`: the value of a field, or null.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles HGET.
pub(in crate::command) fn hget(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    match cx.hash()?.get(&args[2]) {
        Some(value) => reply.bulk(&value),
        None => reply.null(),
    }
    Ok(())
}

//! `ZCARD key`: how many members there are.

use circlet_resp::{Args, ReplyBuf};

use super::count;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles ZCARD.
pub(in crate::command) fn zcard(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply.integer(count(cx.sorted_set()?.len()));
    Ok(())
}

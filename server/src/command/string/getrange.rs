//! `GETRANGE key start end`, and by its old name `SUBSTR key start end`.
//!
//! The bytes from `start` to `end`, both included, counted from the end if negative; empty where there are none.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;
use crate::command::pure::span;

/// Handles GETRANGE and SUBSTR.
pub(in crate::command) fn getrange(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let (start, end) = (integer(&args[2])?, integer(&args[3])?);
    let value = cx.look_up()?.unwrap_or_default();
    let bytes = span::strict(start, end, value.len()).map_or(&[][..], |range| &value[range]);
    reply.bulk(bytes);
    Ok(())
}

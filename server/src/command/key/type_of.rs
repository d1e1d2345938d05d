//! `TYPE key`: the name of the value's type, `none` for an absent key.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles TYPE. Strings are the only type that there is.
pub(in crate::command) fn type_of(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    reply.simple(if cx.look_for()? { "string" } else { "none" });
    Ok(())
}

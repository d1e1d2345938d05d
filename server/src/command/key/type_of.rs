//! `TYPE key`: the name of the value's type, `none` for an absent key.

use circlet_core::state::Kind;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles TYPE.
pub(in crate::command) fn type_of(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    reply.simple(cx.look_for_kind()?.map_or("none", Kind::name));
    Ok(())
}

//! `EXISTS key [key ...]` and `TOUCH key [key ...]`: how many of the keys exist, one that is named twice counts twice.
//!
//! TOUCH is the same: there is no time of last access to change.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Answers whether one key exists.
pub(in crate::command) fn part_of_exists(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    reply.integer(i64::from(cx.look_for()?));
    Ok(())
}

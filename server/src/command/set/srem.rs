//! `SREM key member [member ...]`: removes members, and answers how many there were. Without its last member the key is gone.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::length;

/// Handles SREM.
pub(in crate::command) fn srem(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut set = cx.edit_set()?;
    let removed = args.skip(2).iter().filter(|member| set.remove(member)).count();
    set.commit();
    reply.integer(length(removed));
    Ok(())
}

//! `HDEL key field [field ...]`: deletes fields, and answers how many there were. Without its last field the key is gone.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::length;

/// Handles HDEL.
pub(in crate::command) fn hdel(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut hash = cx.edit_hash()?;
    let deleted = args.skip(2).iter().filter(|field| hash.delete(field)).count();
    hash.commit();
    reply.integer(length(deleted));
    Ok(())
}

//! `DEL key [key ...]` and `UNLINK key [key ...]`: how many of the keys existed and are gone.
//!
//! Split into keys, each deleted where it lives. Both free memory at once: an entry is one allocation, so there is
//! nothing that UNLINK could put off.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Deletes one key, and answers whether it existed. An absent one gets a tombstone too (DESIGN.md section 3).
pub(in crate::command) fn part_of_del(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let existed = cx.delete()?;
    reply.integer(i64::from(existed));
    Ok(())
}

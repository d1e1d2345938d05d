//! `ZREM key member [member ...]`: removes members, and answers how many there were.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles ZREM.
pub(in crate::command) fn zrem(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut sorted_set = cx.edit_sorted_set()?;
    let mut removed = 0;
    for member in args.skip(2) {
        removed += i64::from(sorted_set.remove(member));
    }
    sorted_set.commit();
    reply.integer(removed);
    Ok(())
}

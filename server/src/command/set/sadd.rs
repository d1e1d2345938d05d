//! `SADD key member [member ...]`: adds members, and answers how many of them are new.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles SADD.
pub(in crate::command) fn sadd(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if args.len() == 3
        && let Some(is_new) = cx.add_member(&args[2])
    {
        reply.integer(is_new.into());
        return Ok(());
    }
    let mut set = cx.edit_set()?;
    let mut added = 0;
    for member in args.skip(2) {
        added += i64::from(set.add(member));
    }
    set.commit();
    reply.integer(added);
    Ok(())
}

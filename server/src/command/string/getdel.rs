//! `GETDEL key`: the value, or null; the key is deleted.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles GETDEL. On an absent key it is a GET: nothing is written.
pub(in crate::command) fn getdel(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let Some(value) = cx.look_up()? else {
        reply.null();
        return Ok(());
    };
    reply.bulk(&value);
    drop(value);
    cx.delete()?;
    Ok(())
}

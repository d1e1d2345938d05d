//! The older forms of SET:
//!
//! - `SETNX key value` writes if the key is absent, and answers 1 or 0
//! - `SETEX key seconds value` and `PSETEX key milliseconds value` write with a time to live, and answer `OK`
//! - `GETSET key value` writes, and answers the value before, or null

use circlet_resp::{Args, ReplyBuf};

use super::get::reply_value;
use crate::command::cx::{Expiry, KeyCx};
use crate::command::deadline::Notation;
use crate::command::error::CommandError;

/// Handles SETNX.
pub(in crate::command) fn setnx(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let absent = !cx.exists()?;
    if absent {
        cx.set(&args[2], Expiry::None);
    }
    reply.integer(i64::from(absent));
    Ok(())
}

/// Handles SETEX.
pub(in crate::command) fn setex(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let expiry = Expiry::At(Notation::Seconds.future(&args[2], cx.now(), "setex")?);
    cx.set(&args[3], expiry);
    reply.ok();
    Ok(())
}

/// Handles PSETEX.
pub(in crate::command) fn psetex(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let expiry = Expiry::At(Notation::Milliseconds.future(&args[2], cx.now(), "psetex")?);
    cx.set(&args[3], expiry);
    reply.ok();
    Ok(())
}

/// Handles GETSET.
pub(in crate::command) fn getset(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply_value(cx, reply)?;
    cx.set(&args[2], Expiry::None);
    Ok(())
}

//! `EXPIRE key seconds`, `PEXPIRE key milliseconds`, `EXPIREAT key unix-seconds`, `PEXPIREAT key unix-milliseconds`,
//! each with `[NX | XX | GT | LT]`; and `PERSIST key`.
//!
//! Sets or takes away the key's time to live; answers 1 if it did, 0 if the key is absent or the option forbade it. A time
//! that is past deletes the key. Without a time to live a key counts as living for ever: GT never shortens that.

use circlet_resp::{Args, ReplyBuf};

use crate::command::conditions::Conditions;
use crate::command::cx::KeyCx;
use crate::command::deadline::Notation;
use crate::command::error::CommandError;

/// Handles EXPIRE.
pub(in crate::command) fn expire(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    set_deadline(cx, args, Notation::Seconds, "expire", reply)
}

/// Handles PEXPIRE.
pub(in crate::command) fn pexpire(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    set_deadline(cx, args, Notation::Milliseconds, "pexpire", reply)
}

/// Handles EXPIREAT.
pub(in crate::command) fn expireat(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    set_deadline(cx, args, Notation::AtSeconds, "expireat", reply)
}

/// Handles PEXPIREAT.
pub(in crate::command) fn pexpireat(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    set_deadline(cx, args, Notation::AtMilliseconds, "pexpireat", reply)
}

/// Handles PERSIST.
pub(in crate::command) fn persist(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let expires = cx.exists()? && cx.expiry()?.is_some();
    if expires {
        cx.expire_at(None);
    }
    reply.integer(i64::from(expires));
    Ok(())
}

fn set_deadline(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    notation: Notation,
    command: &'static str,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let conditions = Conditions::parse(args.skip(3))?;
    let deadline = notation.any(&args[2], cx.now(), command)?;
    let allowed = cx.exists()? && conditions.allow(deadline, cx.expiry()?);
    if allowed && deadline <= cx.now() {
        cx.delete()?;
    } else if allowed {
        cx.expire_at(Some(deadline));
    }
    reply.integer(i64::from(allowed));
    Ok(())
}

//! `HSET key field value [field value ...]`: writes fields, and answers how many of them are new.
//! `HMSET` is the same under its old name, and answers `OK`.
//! `HSETNX key field value`: writes a field that is not there; answers 1 if it did, else 0.
//!
//! A field that is overwritten does not expire any more.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles HSET.
pub(in crate::command) fn hset(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let created = write(cx, args, "hset")?;
    reply.integer(created);
    Ok(())
}

/// Handles HMSET.
pub(in crate::command) fn hmset(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    write(cx, args, "hmset")?;
    reply.ok();
    Ok(())
}

/// Handles HSETNX.
pub(in crate::command) fn hsetnx(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut hash = cx.edit_hash()?;
    let is_free = hash.field(&args[2]).is_none();
    if is_free {
        hash.set(&args[2], &args[3]);
        hash.commit();
    }
    reply.integer(i64::from(is_free));
    Ok(())
}

fn write(cx: &mut KeyCx<'_>, args: Args<'_>, command: &'static str) -> Result<i64, CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity(command));
    }
    if args.len() == 4
        && let Some(is_new) = cx.set_field(&args[2], &args[3])
    {
        return Ok(is_new.into());
    }
    let mut hash = cx.edit_hash()?;
    let mut created = 0;
    for at in (2..args.len()).step_by(2) {
        created += i64::from(hash.set(&args[at], &args[at + 1]));
    }
    hash.commit();
    Ok(created)
}

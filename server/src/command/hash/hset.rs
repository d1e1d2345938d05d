//! `HSET key field value [field value ...]`: writes fields, and answers how many of them are new.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles HSET.
pub(in crate::command) fn hset(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::WrongArity("hset"));
    }
    let mut hash = cx.edit_hash()?;
    let mut created = 0;
    for at in (2..args.len()).step_by(2) {
        created += i64::from(hash.set(&args[at], &args[at + 1]));
    }
    hash.commit();
    reply.integer(created);
    Ok(())
}

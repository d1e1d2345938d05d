//! `HGET key field`: the value of a field, or null. `HMGET key field [field ...]`: those of several.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles HGET.
pub(in crate::command) fn hget(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    cx.read_field(&args[2], |value| value_or_null(value, reply))
}

/// Handles HMGET.
pub(in crate::command) fn hmget(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let hash = cx.hash()?;
    let fields = args.skip(2);
    reply.array(fields.len());
    for field in fields {
        value_or_null(hash.get(field).as_deref(), reply);
    }
    Ok(())
}

fn value_or_null(value: Option<&[u8]>, reply: &mut ReplyBuf) {
    match value {
        Some(value) => reply.bulk(value),
        None => reply.null(),
    }
}

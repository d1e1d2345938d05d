//! `APPEND key value`: adds to the end of the value; `STRLEN key`. Both answer the value's length in bytes.

use circlet_resp::{Args, ReplyBuf};

use super::checked_len;
use crate::command::cx::{Expiry, KeyCx};
use crate::command::error::CommandError;
use crate::command::pure::number::length;

/// Handles APPEND. The key's time to live stays.
pub(in crate::command) fn append(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut value = cx.string()?.map_or_else(Vec::new, std::borrow::Cow::into_owned);
    checked_len(value.len(), args[2].len())?;
    value.extend_from_slice(&args[2]);
    cx.set(&value, Expiry::Keep);
    reply.integer(length(value.len()));
    Ok(())
}

/// Handles STRLEN: 0 for an absent key.
pub(in crate::command) fn strlen(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    reply.integer(length(cx.look_up()?.map_or(0, |value| value.len())));
    Ok(())
}

//! `SETRANGE key offset value`: overwrites the value from byte `offset` on, which grows with zero bytes if need be.
//!
//! Answers the value's length afterwards. An empty value changes nothing and creates nothing.

use circlet_resp::{Args, ReplyBuf};

use super::checked_len;
use crate::command::cx::{Expiry, KeyCx};
use crate::command::error::CommandError;
use crate::command::pure::number::{integer, length};

/// Handles SETRANGE. The key's time to live stays.
pub(in crate::command) fn setrange(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let offset = usize::try_from(integer(&args[2])?).map_err(|_| CommandError::Offset)?;
    let patch = &args[3];
    let value = cx.string()?.unwrap_or_default();
    if patch.is_empty() {
        reply.integer(length(value.len()));
        return Ok(());
    }
    let end = checked_len(offset, patch.len())?;
    let mut value = value.into_owned();
    if value.len() < end {
        value.resize(end, 0);
    }
    value[offset..end].copy_from_slice(patch);
    cx.set(&value, Expiry::Keep);
    reply.integer(length(value.len()));
    Ok(())
}

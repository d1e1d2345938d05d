//! `SETBIT key offset 0|1` and `GETBIT key offset`. Bit 0 is the highest of the first byte.
//!
//! SETBIT makes the value grow with zero bytes if need be, and answers what the bit was; GETBIT answers 0 beyond the end.

use circlet_resp::{Args, ReplyBuf};

use crate::command::VALUE_BYTES_MAX;
use crate::command::cx::{Expiry, KeyCx};
use crate::command::error::CommandError;
use crate::command::pure::bits;
use crate::command::pure::number::parse_integer;

/// Handles SETBIT. The key's time to live stays.
pub(in crate::command) fn setbit(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let offset = offset(&args[2])?;
    let on = match parse_integer(&args[3]) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(CommandError::Bit),
    };
    let mut value = cx.string()?.unwrap_or_default().into_owned();
    if value.len() <= offset / 8 {
        value.resize(offset / 8 + 1, 0);
    }
    let before = bits::set_bit(&mut value, offset, on);
    cx.set(&value, Expiry::Keep);
    reply.integer(i64::from(before));
    Ok(())
}

/// Handles GETBIT.
pub(in crate::command) fn getbit(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let offset = offset(&args[2])?;
    let on = cx.look_up()?.is_some_and(|value| bits::bit(&value, offset));
    reply.integer(i64::from(on));
    Ok(())
}

fn offset(text: &[u8]) -> Result<usize, CommandError> {
    parse_integer(text)
        .and_then(|offset| usize::try_from(offset).ok())
        .filter(|offset| offset / 8 < VALUE_BYTES_MAX)
        .ok_or(CommandError::BitOffset)
}

//! `BITPOS key 0|1 [start [end [BYTE | BIT]]]`: where the first such bit is, from `start` to `end`, or -1.
//!
//! A value is as if followed by zeros for ever, unless `end` is given: the first zero of `\xff` is bit 8.

use circlet_resp::{Args, ReplyBuf};

use super::bit_unit;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::{integer, length};
use crate::command::pure::{bits, span};

/// Handles BITPOS. As in Redis 7.2, bad arguments are an error on an absent key too.
pub(in crate::command) fn bitpos(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let wanted = match integer(&args[2])? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::BitArgument),
    };
    if args.len() > 6 {
        return Err(CommandError::Syntax);
    }
    let start = args.get(3).map_or(Ok(0), integer)?;
    let in_bits = bit_unit(args.get(5))?;
    let end = args.get(4).map(integer).transpose()?;
    let Some(value) = cx.look_up()? else {
        reply.integer(if wanted { -1 } else { 0 });
        return Ok(());
    };
    let range = if in_bits {
        span::clamped(start, end.unwrap_or(-1), value.len() * 8)
    } else {
        span::clamped(start, end.unwrap_or(-1), value.len()).map(|bytes| bits::of_bytes(&bytes))
    };
    let found = range.and_then(|range| {
        let behind = (!wanted && end.is_none()).then_some(value.len() * 8);
        bits::position(&value, wanted, &range).or(behind)
    });
    reply.integer(found.map_or(-1, length));
    Ok(())
}

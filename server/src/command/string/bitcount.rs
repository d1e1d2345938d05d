//! `BITCOUNT key [start end [BYTE | BIT]]`: how many bits are one, in the whole value or from `start` to `end`.

use circlet_resp::{Args, ReplyBuf};

use super::bit_unit;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;
use crate::command::pure::{bits, span};

/// Handles BITCOUNT. As in Redis 7.2, bad arguments are an error on an absent key too.
pub(in crate::command) fn bitcount(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let (start, end, in_bits) = match args.len() {
        2 => (0, -1, false),
        4 | 5 => (integer(&args[2])?, integer(&args[3])?, bit_unit(args.get(4))?),
        _ => return Err(CommandError::Syntax),
    };
    let value = cx.look_up()?.unwrap_or_default();
    let range = if in_bits {
        span::strict(start, end, value.len() * 8)
    } else {
        span::strict(start, end, value.len()).map(|bytes| bits::of_bytes(&bytes))
    };
    let ones = range.map_or(0, |range| bits::count(&value, &range));
    reply.integer(i64::try_from(ones).unwrap_or(i64::MAX));
    Ok(())
}

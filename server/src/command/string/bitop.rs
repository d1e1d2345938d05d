//! `BITOP AND | OR | XOR | NOT destkey key [key ...]`: writes the bits of several values put together, and answers how many bytes that is.
//!
//! Shorter values are as if followed by zeros, absent ones are empty; if all are empty, `destkey` is deleted. All keys must be of one
//! slot.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::{Expiry, SlotCx};
use crate::command::error::CommandError;
use crate::command::pure::number::length;

/// Handles BITOP.
pub(in crate::command) fn bitop(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let is = |name: &[u8]| args[1].eq_ignore_ascii_case(name);
    let combine: fn(u8, u8) -> u8 = if is(b"and") {
        |left, right| left & right
    } else if is(b"or") {
        |left, right| left | right
    } else if is(b"xor") {
        |left, right| left ^ right
    } else if is(b"not") {
        // The bytes of its one source are combined with those of nothing.
        |byte, _| !byte
    } else {
        return Err(CommandError::Syntax);
    };
    if is(b"not") && args.len() != 4 {
        return Err(CommandError::BitopNot);
    }
    let mut values = Vec::new();
    for key in args.skip(3) {
        let value = slot
            .key(key)
            .look_up()?
            .map_or_else(Vec::new, std::borrow::Cow::into_owned);
        values.push(value);
    }
    let len = values.iter().map(Vec::len).max().unwrap_or(0);
    values.iter_mut().for_each(|value| value.resize(len, 0));
    let mut values = values.into_iter();
    let mut result = values.next().unwrap_or_default();
    if is(b"not") {
        values = vec![vec![0; len]].into_iter();
    }
    for value in values {
        let pairs = result.iter_mut().zip(value);
        pairs.for_each(|(byte, other)| *byte = combine(*byte, other));
    }
    if result.is_empty() {
        slot.key(&args[2]).delete()?;
    } else {
        slot.key(&args[2]).set(&result, Expiry::None);
    }
    reply.integer(length(result.len()));
    Ok(())
}

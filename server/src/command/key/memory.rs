//! `MEMORY USAGE key [SAMPLES count]`: the bytes that the key, its value and their bookkeeping take here, or null.
//!
//! A value is counted as a whole, never sampled, so SAMPLES is checked and has no effect.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;

/// Handles MEMORY USAGE.
pub(in crate::command) fn usage(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut rest = args.skip(3).iter();
    while let Some(option) = rest.next() {
        let count = rest
            .next()
            .filter(|_| option.eq_ignore_ascii_case(b"samples"))
            .ok_or(CommandError::Syntax)?;
        if integer(count)? < 0 {
            return Err(CommandError::Syntax);
        }
    }
    if cx.exists()? {
        reply.integer(i64::try_from(cx.memory_bytes()).unwrap_or(i64::MAX));
    } else {
        reply.null();
    }
    Ok(())
}

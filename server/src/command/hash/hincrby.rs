//! `HINCRBY key field increment`: adds to the whole number that a field holds, 0 if there is none, and answers the sum.
//! `HINCRBYFLOAT key field increment`: the same for a number with a fraction; answers the sum's text.
//!
//! The field's time to live stays. Concurrent HINCRBYs add up; the last one of several HINCRBYFLOATs wins, for the reason
//! that INCRBYFLOAT gives.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::extended::Extended;
use crate::command::pure::number::integer;

/// Handles HINCRBY.
pub(in crate::command) fn hincrby(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let by = integer(&args[3])?;
    let mut hash = cx.edit_hash()?;
    let sum = hash.incr_by(&args[2], by)?;
    hash.commit();
    reply.integer(sum);
    Ok(())
}

/// Handles HINCRBYFLOAT.
pub(in crate::command) fn hincrbyfloat(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let by = Extended::parse(&args[3]).ok_or(CommandError::NotAFloat)?;
    if !by.is_finite() {
        return Err(CommandError::IncrementNotFinite);
    }
    let mut hash = cx.edit_hash()?;
    let (before, expires_at) = match hash.field(&args[2]) {
        None => (Extended::ZERO, None),
        Some(field) => {
            let number = Extended::parse(&field.value).ok_or(CommandError::HashNotAFloat)?;
            (number, field.expires_at)
        }
    };
    let sum = before.plus(by);
    if !sum.is_finite() {
        return Err(CommandError::NotFinite);
    }
    let text = sum.to_string();
    hash.set_until(&args[2], text.as_bytes(), expires_at);
    hash.commit();
    reply.bulk(text.as_bytes());
    Ok(())
}

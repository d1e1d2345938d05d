//! `INCRBYFLOAT key increment`: adds to the number that the key holds, 0 if it is absent, and answers the sum's text.
//!
//! The sum is written as a whole value: floats do not add up the same in every order, so a run would not converge.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::{Expiry, KeyCx};
use crate::command::error::CommandError;
use crate::command::pure::extended::Extended;

/// Handles INCRBYFLOAT. The key's time to live stays.
pub(in crate::command) fn incrbyfloat(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let number = |text: &[u8]| Extended::parse(text).ok_or(CommandError::NotAFloat);
    let before = cx.string()?.map_or(Ok(Extended::ZERO), |value| number(&value))?;
    let sum = before.plus(number(&args[2])?);
    if !sum.is_finite() {
        return Err(CommandError::NotFinite);
    }
    let text = sum.to_string();
    cx.set(text.as_bytes(), Expiry::Keep);
    reply.bulk(text.as_bytes());
    Ok(())
}

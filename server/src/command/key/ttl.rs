//! `TTL key` and `PTTL key`: the time that the key has left to live, in seconds (rounded) or milliseconds.
//! `EXPIRETIME key` and `PEXPIRETIME key`: the Unix time at which it expires.
//!
//! All answer -2 for an absent key and -1 for one that does not expire.

use circlet_core::time::WallMs;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::deadline::signed;
use crate::command::error::CommandError;

/// Handles TTL.
pub(in crate::command) fn ttl(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let now = cx.now();
    answer(cx, reply, |deadline| seconds(left(deadline, now)))
}

/// Handles PTTL.
pub(in crate::command) fn pttl(cx: &mut KeyCx<'_>, _args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let now = cx.now();
    answer(cx, reply, |deadline| left(deadline, now))
}

/// Handles EXPIRETIME.
pub(in crate::command) fn expiretime(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(cx, reply, |deadline| seconds(signed(deadline)))
}

/// Handles PEXPIRETIME.
pub(in crate::command) fn pexpiretime(
    cx: &mut KeyCx<'_>,
    _args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(cx, reply, signed)
}

fn answer(cx: &mut KeyCx<'_>, reply: &mut ReplyBuf, shown: impl Fn(WallMs) -> i64) -> Result<(), CommandError> {
    reply.integer(if cx.look_for()? {
        cx.expiry()?.map_or(-1, shown)
    } else {
        -2
    });
    Ok(())
}

fn left(deadline: WallMs, now: WallMs) -> i64 {
    signed(WallMs::new(deadline.ms_since(now)))
}

/// The nearest whole number of seconds.
fn seconds(milliseconds: i64) -> i64 {
    milliseconds / 1000 + i64::from(milliseconds % 1000 >= 500)
}

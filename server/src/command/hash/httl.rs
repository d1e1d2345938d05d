//! `HTTL key FIELDS numfields field [field ...]` and `HPTTL`: the time that fields have left to live, in seconds (rounded
//! up) or milliseconds. `HEXPIRETIME` and `HPEXPIRETIME`: the Unix time at which they expire.
//!
//! Answer an array: for each field its time, -1 if it does not expire, -2 if there is no such field.

use circlet_core::time::WallMs;
use circlet_resp::{Args, ReplyBuf};

use super::fields::fields;
use super::{NO_EXPIRY, NO_SUCH_FIELD};
use crate::command::cx::KeyCx;
use crate::command::deadline::signed;
use crate::command::error::CommandError;

/// Handles HTTL.
pub(in crate::command) fn httl(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let now = cx.now();
    answer(cx, args, reply, |deadline| seconds(deadline.ms_since(now)))
}

/// Handles HPTTL.
pub(in crate::command) fn hpttl(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let now = cx.now();
    answer(cx, args, reply, |deadline| deadline.ms_since(now))
}

/// Handles HEXPIRETIME.
pub(in crate::command) fn hexpiretime(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(cx, args, reply, |deadline| seconds(deadline.get()))
}

/// Handles HPEXPIRETIME.
pub(in crate::command) fn hpexpiretime(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(cx, args, reply, WallMs::get)
}

fn answer(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
    shown: impl Fn(WallMs) -> u64,
) -> Result<(), CommandError> {
    let hash = cx.hash()?;
    let fields = fields(args.skip(2), CommandError::FieldCountOfRead)?;
    reply.array(fields.len());
    for name in fields {
        reply.integer(match hash.field(name).map(|field| field.expires_at) {
            None => NO_SUCH_FIELD,
            Some(None) => NO_EXPIRY,
            Some(Some(deadline)) => signed(WallMs::new(shown(deadline))),
        });
    }
    Ok(())
}

/// The next whole number of seconds, unlike TTL, which takes the nearest.
fn seconds(milliseconds: u64) -> u64 {
    milliseconds.div_ceil(1000)
}

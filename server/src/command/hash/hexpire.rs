//! `HEXPIRE key seconds`, `HPEXPIRE key milliseconds`, `HEXPIREAT key unix-seconds`, `HPEXPIREAT key unix-milliseconds`, each
//! with `[NX | XX | GT | LT] FIELDS numfields field [field ...]`; and `HPERSIST key FIELDS numfields field [field ...]`.
//!
//! Set or take away the time to live of fields. Answer an array. For each field, HEXPIRE and its kin: 1 if it was set, 2 if
//! the field was deleted because the time is past, 0 if the option forbade it, -2 if there is no such field. HPERSIST: 1
//! if it was taken away, -1 if there was none, -2 if there is no such field. Without a time to live a field counts as
//! living for ever.

use circlet_core::time::WallMs;
use circlet_resp::{Args, ReplyBuf};

use super::fields::fields;
use super::{NO_EXPIRY, NO_SUCH_FIELD};
use crate::command::conditions::Conditions;
use crate::command::cx::{HashEdit, KeyCx};
use crate::command::deadline::Notation;
use crate::command::error::CommandError;

/// Handles HEXPIRE.
pub(in crate::command) fn hexpire(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    set_deadlines(cx, args, Notation::Seconds, "hexpire", reply)
}

/// Handles HPEXPIRE.
pub(in crate::command) fn hpexpire(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    set_deadlines(cx, args, Notation::Milliseconds, "hpexpire", reply)
}

/// Handles HEXPIREAT.
pub(in crate::command) fn hexpireat(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    set_deadlines(cx, args, Notation::AtSeconds, "hexpireat", reply)
}

/// Handles HPEXPIREAT.
pub(in crate::command) fn hpexpireat(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    set_deadlines(cx, args, Notation::AtMilliseconds, "hpexpireat", reply)
}

/// Handles HPERSIST.
pub(in crate::command) fn hpersist(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let mut hash = cx.edit_hash()?;
    let fields = fields(args.skip(2), CommandError::FieldCountOfRead)?;
    reply.array(fields.len());
    for name in fields {
        reply.integer(match hash.field(name).map(|field| field.expires_at) {
            None => NO_SUCH_FIELD,
            Some(None) => NO_EXPIRY,
            Some(Some(_)) => {
                hash.expire_at(name, None);
                1
            }
        });
    }
    hash.commit();
    Ok(())
}

fn set_deadlines(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    notation: Notation,
    command: &'static str,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let now = cx.now();
    let mut hash = cx.edit_hash()?;
    let deadline = notation.of_field(&args[2], now, command)?;
    let mut conditions = Conditions::default();
    let words = usize::from(conditions.add(&args[3]));
    let fields = fields(args.skip(3 + words), CommandError::FieldCount)?;
    reply.array(fields.len());
    for name in fields {
        reply.integer(set_one(&mut hash, name, deadline, conditions, now));
    }
    hash.commit();
    Ok(())
}

fn set_one(hash: &mut HashEdit<'_, '_>, name: &[u8], deadline: WallMs, conditions: Conditions, now: WallMs) -> i64 {
    let Some(current) = hash.field(name).map(|field| field.expires_at) else {
        return NO_SUCH_FIELD;
    };
    if !conditions.allow(deadline, current) {
        0
    } else if deadline <= now {
        hash.delete(name);
        2
    } else {
        hash.expire_at(name, Some(deadline));
        1
    }
}

//! `GETEX key [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | PERSIST]`
//!
//! The value, or null, and the key's time to live is set or taken away. An absolute time that is past deletes the key.

use circlet_core::time::WallMs;
use circlet_resp::{Args, ReplyBuf};

use super::get::reply_value;
use crate::command::cx::KeyCx;
use crate::command::deadline::Notation;
use crate::command::error::CommandError;

/// Handles GETEX. As in Redis, a bad time is an error only if the key exists.
pub(in crate::command) fn getex(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let change = Change::parse(args.skip(2))?;
    if cx.string()?.is_none() {
        return reply_value(cx, reply);
    }
    let deadline = match change {
        Change::Nothing => return reply_value(cx, reply),
        Change::Persist => None,
        Change::Given(notation, number) => Some(notation.future(number, cx.now(), "getex")?),
    };
    reply_value(cx, reply)?;
    apply(cx, deadline)
}

fn apply(cx: &mut KeyCx<'_>, deadline: Option<WallMs>) -> Result<(), CommandError> {
    match deadline {
        Some(at) if at <= cx.now() => cx.delete().map(drop),
        // PERSIST of a key that does not expire changes nothing.
        None if cx.expiry()?.is_none() => Ok(()),
        deadline => {
            cx.expire_at(deadline);
            Ok(())
        }
    }
}

/// What becomes of the key's time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change<'a> {
    Nothing,
    Persist,
    Given(Notation, &'a [u8]),
}

impl<'a> Change<'a> {
    /// Repeating an option is as good as saying it once; two different ones exclude each other.
    fn parse(args: Args<'a>) -> Result<Self, CommandError> {
        let mut change = Change::Nothing;
        let mut rest = args.iter();
        while let Some(option) = rest.next() {
            let next = if option.eq_ignore_ascii_case(b"persist") {
                Change::Persist
            } else {
                let notation = Notation::of_option(option).ok_or(CommandError::Syntax)?;
                Change::Given(notation, rest.next().ok_or(CommandError::Syntax)?)
            };
            change = match (change, next) {
                (Change::Nothing, next) | (Change::Persist, next @ Change::Persist) => next,
                (Change::Given(before, _), next @ Change::Given(after, _)) if before == after => next,
                _ => return Err(CommandError::Syntax),
            };
        }
        Ok(change)
    }
}

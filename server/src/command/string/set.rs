//! `SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | KEEPTTL]`
//!
//! Writes the value and, unless KEEPTTL, forgets the key's time to live. Answers `OK`; null if NX or XX forbade the
//! write; with GET always the value before, or null.

use circlet_core::time::WallMs;
use circlet_resp::{Args, ReplyBuf};

use super::get::reply_value;
use crate::command::cx::{Expiry, KeyCx};
use crate::command::deadline::Notation;
use crate::command::error::CommandError;

/// Handles SET.
pub(in crate::command) fn set(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if args.len() == 3 {
        cx.set(&args[2], Expiry::None);
        reply.ok();
        return Ok(());
    }
    let options = SetOptions::parse(args.skip(3))?;
    let expiry = options.ttl.expiry(cx.now())?;
    if options.get {
        reply_value(cx, reply)?;
    }
    if !options.allows(cx)? {
        if !options.get {
            reply.null();
        }
        return Ok(());
    }
    cx.set(&args[2], expiry);
    if !options.get {
        reply.ok();
    }
    Ok(())
}

/// The options of SET. Repeating one is as good as saying it once; of two times to live in one notation the last counts.
#[derive(Debug, Default, PartialEq, Eq)]
struct SetOptions<'a> {
    condition: Option<Condition>,
    get: bool,
    ttl: Ttl<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    IfAbsent,
    IfPresent,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Ttl<'a> {
    #[default]
    Forgotten,
    Kept,
    Given(Notation, &'a [u8]),
}

impl<'a> SetOptions<'a> {
    fn parse(args: Args<'a>) -> Result<Self, CommandError> {
        let mut options = Self::default();
        let mut rest = args.iter();
        while let Some(option) = rest.next() {
            if option.eq_ignore_ascii_case(b"nx") && options.condition != Some(Condition::IfPresent) {
                options.condition = Some(Condition::IfAbsent);
            } else if option.eq_ignore_ascii_case(b"xx") && options.condition != Some(Condition::IfAbsent) {
                options.condition = Some(Condition::IfPresent);
            } else if option.eq_ignore_ascii_case(b"get") {
                options.get = true;
            } else if option.eq_ignore_ascii_case(b"keepttl") && !matches!(options.ttl, Ttl::Given(..)) {
                options.ttl = Ttl::Kept;
            } else {
                let notation = Notation::of_option(option).ok_or(CommandError::Syntax)?;
                options.ttl = options.ttl.given(notation, rest.next())?;
            }
        }
        Ok(options)
    }

    fn allows(&self, cx: &KeyCx<'_>) -> Result<bool, CommandError> {
        match self.condition {
            None => Ok(true),
            Some(Condition::IfAbsent) => Ok(!cx.exists()?),
            Some(Condition::IfPresent) => cx.exists(),
        }
    }
}

impl<'a> Ttl<'a> {
    fn given(self, notation: Notation, number: Option<&'a [u8]>) -> Result<Self, CommandError> {
        match self {
            Ttl::Kept => return Err(CommandError::Syntax),
            Ttl::Given(before, _) if before != notation => return Err(CommandError::Syntax),
            Ttl::Forgotten | Ttl::Given(..) => {}
        }
        Ok(Ttl::Given(notation, number.ok_or(CommandError::Syntax)?))
    }

    fn expiry(self, now: WallMs) -> Result<Expiry, CommandError> {
        Ok(match self {
            Ttl::Forgotten => Expiry::None,
            Ttl::Kept => Expiry::Keep,
            Ttl::Given(notation, number) => Expiry::At(notation.future(number, now, "set")?),
        })
    }
}

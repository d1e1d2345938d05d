//! `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`: writes scores, and answers how many of the members are
//! new; with CH how many are new or have another score.
//!
//! NX writes new members only, XX others only; GT and LT let a score only grow or only fall, and say nothing of new members. With INCR the
//! score of the one member is added to instead, and its new score answered, or null if the options did not let it be written.
//!
//! `ZINCRBY key increment member` is ZADD INCR without options.

use circlet_resp::{Args, ReplyBuf};
use smallvec::SmallVec;

use super::error::SortedSetError;
use crate::command::cx::{KeyCx, SortedSetEdit};
use crate::command::error::CommandError;
use crate::command::pure::double::number;

/// Handles ZADD.
pub(in crate::command) fn zadd(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let (options, pairs) = AddOptions::parse(args.skip(2));
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    options.check(pairs.len() / 2)?;
    let mut members = SmallVec::<[_; 1]>::new();
    for at in (0..pairs.len()).step_by(2) {
        members.push((&pairs[at + 1], number(&pairs[at])?));
    }
    options.add(cx, &members, reply)
}

/// Handles ZINCRBY.
pub(in crate::command) fn zincrby(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let by = number(&args[2])?;
    let mut sorted_set = cx.edit_sorted_set()?;
    let score = sorted_set.incr_by(&args[3], by)?;
    sorted_set.commit();
    reply.double(score);
    Ok(())
}

/// The options of ZADD and GEOADD.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::command) struct AddOptions {
    pub(in crate::command) nx: bool,
    pub(in crate::command) xx: bool,
    pub(in crate::command) ch: bool,
    gt: bool,
    lt: bool,
    incr: bool,
}

/// A member's score as it was, if it is not new, and as it is.
#[derive(Clone, Copy, Debug)]
struct Written {
    before: Option<f64>,
    now: f64,
}

impl AddOptions {
    /// The options at the front, and what follows them.
    fn parse(args: Args<'_>) -> (Self, Args<'_>) {
        let mut options = Self::default();
        for (at, word) in args.iter().enumerate() {
            let is = |option: &[u8]| word.eq_ignore_ascii_case(option);
            let option = match word.len() {
                2 if is(b"nx") => &mut options.nx,
                2 if is(b"xx") => &mut options.xx,
                2 if is(b"gt") => &mut options.gt,
                2 if is(b"lt") => &mut options.lt,
                2 if is(b"ch") => &mut options.ch,
                4 if is(b"incr") => &mut options.incr,
                _ => return (options, args.skip(at)),
            };
            *option = true;
        }
        (options, Args::EMPTY)
    }

    fn check(self, members: usize) -> Result<(), CommandError> {
        let limits = [self.nx, self.gt, self.lt];
        if self.nx && self.xx {
            Err(SortedSetError::NxAndXx.into())
        } else if limits.into_iter().filter(|&limit| limit).count() > 1 {
            Err(SortedSetError::GtLtNx.into())
        } else if self.incr && members > 1 {
            Err(SortedSetError::IncrOfSeveral.into())
        } else {
            Ok(())
        }
    }

    /// Whether every score is written as it was given.
    fn has_no_say(self) -> bool {
        !(self.nx || self.xx || self.gt || self.lt || self.incr)
    }

    /// Writes members with their scores as far as the options let them be written, and answers what ZADD answers.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`], [`CommandError::ScoreNotANumber`], [`CommandError::TooManyRuns`],
    /// [`CommandError::NeedFullState`].
    pub(in crate::command) fn add(
        self,
        cx: &mut KeyCx<'_>,
        members: &[(&[u8], f64)],
        reply: &mut ReplyBuf,
    ) -> Result<(), CommandError> {
        if let ([(member, score)], true) = (members, self.has_no_say())
            && !score.is_nan()
            && let Some(before) = cx.set_score(member, *score)
        {
            reply.integer(before.is_none_or(|before| self.ch && before != *score).into());
            return Ok(());
        }
        let mut sorted_set = cx.edit_sorted_set()?;
        let (mut added, mut changed, mut last) = (0, 0, None);
        for (member, score) in members {
            last = self.write(&mut sorted_set, member, *score)?;
            match last {
                Some(Written { before: None, .. }) => added += 1,
                Some(Written {
                    before: Some(before),
                    now,
                }) if before != now => changed += 1,
                _ => {}
            }
        }
        sorted_set.commit();
        match (self.incr, last) {
            (false, _) => reply.integer(added + if self.ch { changed } else { 0 }),
            (true, Some(written)) => reply.double(written.now),
            (true, None) => reply.null(),
        }
        Ok(())
    }

    /// Writes one member, if the options let it be written.
    fn write(
        self,
        sorted_set: &mut SortedSetEdit<'_, '_>,
        member: &[u8],
        score: f64,
    ) -> Result<Option<Written>, CommandError> {
        let before = sorted_set.score(member);
        let after = match before {
            None if self.xx => return Ok(None),
            Some(_) if self.nx => return Ok(None),
            Some(before) if self.incr => before + score,
            _ => score,
        };
        if after.is_nan() {
            return Err(CommandError::ScoreNotANumber);
        }
        if before.is_some_and(|before| self.lt && after >= before || self.gt && after <= before) {
            return Ok(None);
        }
        let now = if self.incr {
            sorted_set.incr_by(member, score)?
        } else {
            sorted_set.set(member, score);
            score
        };
        Ok(Some(Written { before, now }))
    }
}

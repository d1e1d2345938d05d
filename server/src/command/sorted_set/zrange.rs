//! The members between two ranks, scores or names, both included:
//!
//! - `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
//! - `ZREVRANGE key start stop [WITHSCORES]`
//! - `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`, `ZREVRANGEBYSCORE key max min ...`
//! - `ZRANGEBYLEX key min max [LIMIT offset count]`, `ZREVRANGEBYLEX key max min ...`
//!
//! Backwards, the greater end stands first. LIMIT leaves the first `offset` of them out and gives at most `count`, all if it is negative.

use std::ops::Range;

use circlet_core::collection::SortedSetView;
use circlet_resp::{Args, ReplyBuf};

use super::answer::reply_scored;
use super::bounds::{Bounds, By};
use super::error::SortedSetError;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;

/// Handles ZRANGE.
pub(in crate::command) fn zrange(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    answer(Spelling::Zrange, cx, args, reply)
}

/// Handles ZREVRANGE.
pub(in crate::command) fn zrevrange(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(Spelling::Older(By::Rank, true), cx, args, reply)
}

/// Handles ZRANGEBYSCORE.
pub(in crate::command) fn zrangebyscore(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(Spelling::Older(By::Score, false), cx, args, reply)
}

/// Handles ZREVRANGEBYSCORE.
pub(in crate::command) fn zrevrangebyscore(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(Spelling::Older(By::Score, true), cx, args, reply)
}

/// Handles ZRANGEBYLEX.
pub(in crate::command) fn zrangebylex(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(Spelling::Older(By::Lex, false), cx, args, reply)
}

/// Handles ZREVRANGEBYLEX.
pub(in crate::command) fn zrevrangebylex(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(Spelling::Older(By::Lex, true), cx, args, reply)
}

fn answer(spelling: Spelling, cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let query = Query::parse(spelling, args.skip(2))?;
    let sorted_set = cx.sorted_set()?;
    let members = sorted_set.by_rank(query.ranks(&sorted_set));
    if query.rev {
        reply_scored(members.rev(), query.with_scores, reply);
    } else {
        reply_scored(members, query.with_scores, reply);
    }
    Ok(())
}

/// Which command asks, and so which options there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// ZRANGE: all of them.
    Zrange,
    /// ZRANGESTORE: all but WITHSCORES.
    Zrangestore,
    /// One of the others: its name says what the range is of, and whether it goes backwards.
    Older(By, bool),
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Query<'a> {
    bounds: Bounds<'a>,
    /// Whether the greatest score is first.
    pub(super) rev: bool,
    with_scores: bool,
    offset: i64,
    /// No limit if negative.
    limit: i64,
}

impl<'a> Query<'a> {
    /// Reads the two ends and what follows them.
    ///
    /// # Errors
    ///
    /// As Redis, options first.
    pub(super) fn parse(spelling: Spelling, args: Args<'a>) -> Result<Self, CommandError> {
        let (mut by, mut rev) = match spelling {
            Spelling::Older(by, rev) => (by, rev),
            Spelling::Zrange | Spelling::Zrangestore => (By::Rank, false),
        };
        let (mut with_scores, mut offset, mut limit) = (false, 0, -1);
        let chooses = !matches!(spelling, Spelling::Older(..));
        let mut rest = args.skip(2);
        while let Some(option) = rest.get(0) {
            let is = |word: &[u8]| option.eq_ignore_ascii_case(word);
            if is(b"withscores") && spelling != Spelling::Zrangestore {
                with_scores = true;
            } else if is(b"limit") && rest.len() > 2 {
                (offset, limit) = (integer(&rest[1])?, integer(&rest[2])?);
                rest = rest.skip(2);
            } else if is(b"rev") && chooses && !rev {
                rev = true;
            } else if is(b"bylex") && chooses && by == By::Rank {
                by = By::Lex;
            } else if is(b"byscore") && chooses && by == By::Rank {
                by = By::Score;
            } else {
                return Err(CommandError::Syntax);
            }
            rest = rest.skip(1);
        }
        if limit != -1 && by == By::Rank {
            return Err(SortedSetError::LimitOfRanks.into());
        }
        if with_scores && by == By::Lex {
            return Err(SortedSetError::ScoresByLex.into());
        }
        let (min, max) = if rev && by != By::Rank { (1, 0) } else { (0, 1) };
        Ok(Self {
            bounds: Bounds::parse(by, arg(args, min), arg(args, max))?,
            rev,
            with_scores,
            offset,
            limit,
        })
    }

    /// The ranks of the members asked for, the least score first.
    pub(super) fn ranks(&self, sorted_set: &SortedSetView<'_>) -> Range<usize> {
        let all = self.bounds.ranks(sorted_set, self.rev);
        if matches!(self.bounds, Bounds::Ranks(..)) {
            return all;
        }
        // A negative offset is past the end, as in Redis.
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX).min(all.len());
        let limit = usize::try_from(self.limit)
            .unwrap_or(usize::MAX)
            .min(all.len() - offset);
        if self.rev {
            all.end - offset - limit..all.end - offset
        } else {
            all.start + offset..all.start + offset + limit
        }
    }
}

/// An argument that the arity promises.
fn arg(args: Args<'_>, at: usize) -> &[u8] {
    args.get(at).unwrap_or_default()
}

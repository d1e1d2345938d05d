//! Which members of a sorted set a command means: between two ranks, two scores, or two names.

use std::ops::Range;

use circlet_core::collection::{LexBound, ScoreBound, SortedSetView};

use super::error::SortedSetError;
use crate::command::error::CommandError;
use crate::command::pure::double::parse_bound;
use crate::command::pure::number::integer;
use crate::command::pure::span;

/// What a range is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Ranks, negative ones from the end.
    Rank,
    /// Scores: `5`, or `(5` if not included.
    Score,
    /// Names, if all scores are equal: `[a`, or `(a` if not included; `-` and `+` are before and after all.
    Lex,
}

/// The two ends of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bounds<'a> {
    /// Of ranks, both included.
    Ranks(i64, i64),
    /// Of scores.
    Scores(ScoreBound, ScoreBound),
    /// Of names.
    Names(LexBound<'a>, LexBound<'a>),
}

impl<'a> Bounds<'a> {
    /// Reads the lesser and the greater end (of ranks: the first and the last).
    ///
    /// # Errors
    ///
    /// The one that Redis gives for this kind of range.
    pub(super) fn parse(by: By, min: &'a [u8], max: &'a [u8]) -> Result<Self, CommandError> {
        Ok(match by {
            By::Rank => Self::Ranks(integer(min)?, integer(max)?),
            By::Score => Self::Scores(score_bound(min)?, score_bound(max)?),
            By::Lex => Self::Names(lex_bound(min)?, lex_bound(max)?),
        })
    }

    /// The ranks of the members meant, the least score first. With `rev`, given ranks count from the greatest score on.
    pub(super) fn ranks(self, sorted_set: &SortedSetView<'_>, rev: bool) -> Range<usize> {
        match self {
            Self::Ranks(start, stop) => {
                let len = sorted_set.len();
                let ranks = span::indices(start, stop, len);
                if rev { len - ranks.end..len - ranks.start } else { ranks }
            }
            Self::Scores(min, max) => sorted_set.ranks_by_score(min, max),
            Self::Names(min, max) => sorted_set.ranks_by_lex(min, max),
        }
    }
}

fn score_bound(text: &[u8]) -> Result<ScoreBound, CommandError> {
    let bound = match text {
        [b'(', text @ ..] => parse_bound(text).map(ScoreBound::Excluded),
        text => parse_bound(text).map(ScoreBound::Included),
    };
    bound.ok_or(SortedSetError::ScoreBound.into())
}

fn lex_bound(text: &[u8]) -> Result<LexBound<'_>, CommandError> {
    match text {
        b"-" => Ok(LexBound::Least),
        b"+" => Ok(LexBound::Greatest),
        [b'[', member @ ..] => Ok(LexBound::Included(member)),
        [b'(', member @ ..] => Ok(LexBound::Excluded(member)),
        _ => Err(SortedSetError::LexBound.into()),
    }
}

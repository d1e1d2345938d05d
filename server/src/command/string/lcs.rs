//! `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]`: the longest common subsequence of two values.
//!
//! Answers the subsequence; with LEN its length; with IDX where its runs lie in both values, the last one first, those of
//! at least MINMATCHLEN bytes, each with its length if WITHMATCHLEN. An absent key counts as an empty value.

use circlet_resp::{Args, ReplyBuf};

use crate::command::VALUE_BYTES_MAX;
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::number::{integer, length};
use crate::command::pure::subsequence::{Match, longest, longest_len};

/// What Redis's table takes for each pair of bytes: the limit is Redis's, our table is smaller.
const CELL_BYTES: usize = size_of::<u32>();

/// Handles LCS.
pub(in crate::command) fn lcs(slot: &mut SlotCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let left = value(slot, &args[1])?;
    let right = value(slot, &args[2])?;
    let options = LcsOptions::parse(args.skip(3))?;
    if (left.len() + 1)
        .saturating_mul(right.len() + 1)
        .saturating_mul(CELL_BYTES)
        > VALUE_BYTES_MAX
    {
        return Err(CommandError::LcsTooLarge);
    }
    match options.answer {
        Answer::Length => reply.integer(i64::from(longest_len(&left, &right))),
        Answer::Text => {
            let runs = longest(&left, &right);
            let text: Vec<u8> = runs
                .iter()
                .rev()
                .flat_map(|run| &left[run.left.clone()])
                .copied()
                .collect();
            reply.bulk(&text);
        }
        Answer::Runs => reply_runs(&longest(&left, &right), &options, reply),
    }
    Ok(())
}

fn value(slot: &mut SlotCx<'_>, key: &[u8]) -> Result<Vec<u8>, CommandError> {
    match slot.key(key).look_up() {
        Ok(value) => Ok(value.map_or_else(Vec::new, std::borrow::Cow::into_owned)),
        Err(CommandError::WrongType) => Err(CommandError::LcsNotStrings),
        Err(error) => Err(error),
    }
}

fn reply_runs(runs: &[Match], options: &LcsOptions, reply: &mut ReplyBuf) {
    let long_enough = |run: &&Match| length(run.left.len()) >= options.min_match_len;
    let total: usize = runs.iter().map(|run| run.left.len()).sum();
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(runs.iter().filter(long_enough).count());
    for run in runs.iter().filter(long_enough) {
        reply.array(if options.with_match_len { 3 } else { 2 });
        for range in [&run.left, &run.right] {
            reply.array(2);
            reply.integer(length(range.start));
            reply.integer(length(range.end - 1));
        }
        if options.with_match_len {
            reply.integer(length(run.left.len()));
        }
    }
    reply.bulk(b"len");
    reply.integer(length(total));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Text,
    Length,
    Runs,
}

#[derive(Debug, PartialEq, Eq)]
struct LcsOptions {
    answer: Answer,
    with_match_len: bool,
    min_match_len: i64,
}

impl LcsOptions {
    fn parse(args: Args<'_>) -> Result<Self, CommandError> {
        let (mut len, mut idx, mut with_match_len, mut min_match_len) = (false, false, false, 0);
        let mut rest = args.iter();
        while let Some(option) = rest.next() {
            if option.eq_ignore_ascii_case(b"len") {
                len = true;
            } else if option.eq_ignore_ascii_case(b"idx") {
                idx = true;
            } else if option.eq_ignore_ascii_case(b"withmatchlen") {
                with_match_len = true;
            } else if option.eq_ignore_ascii_case(b"minmatchlen") {
                min_match_len = integer(rest.next().ok_or(CommandError::Syntax)?)?;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        let answer = match (len, idx) {
            (true, true) => return Err(CommandError::LcsLenAndIdx),
            (true, false) => Answer::Length,
            (false, true) => Answer::Runs,
            (false, false) => Answer::Text,
        };
        Ok(Self {
            answer,
            with_match_len,
            min_match_len,
        })
    }
}

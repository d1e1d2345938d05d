//! What several sets and sorted sets of one slot have together:
//!
//! - `ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]`, `ZINTER ...`
//! - `ZDIFF numkeys key [key ...] [WITHSCORES]`
//! - `ZINTERCARD numkeys key [key ...] [LIMIT limit]`: only how many
//! - `ZUNIONSTORE destination numkeys key [key ...] ...`, `ZINTERSTORE`, `ZDIFFSTORE`: written to another key instead
//!
//! A set's members have the score 1. Each score is multiplied with the weight of its set, then those of a member become one.

use circlet_resp::{Args, ReplyBuf};

use super::answer::{Owned, reply_scored};
use super::combined::{Aggregate, Source, diff, inter, store, union};
use super::count;
use super::error::SortedSetError;
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::double;
use crate::command::pure::number::{integer, parse_integer};

/// Handles ZUNION.
pub(in crate::command) fn zunion(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(Operation::Union, "zunion", slot, args, reply)
}

/// Handles ZINTER.
pub(in crate::command) fn zinter(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(Operation::Inter, "zinter", slot, args, reply)
}

/// Handles ZDIFF.
pub(in crate::command) fn zdiff(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(Operation::Diff, "zdiff", slot, args, reply)
}

/// Handles ZINTERCARD.
pub(in crate::command) fn zintercard(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let command = Command {
        operation: Operation::Inter,
        outcome: Outcome::Counted,
        name: "zintercard",
    };
    let (members, options) = command.run(slot, args.skip(1))?;
    reply.integer(count(members.len().min(options.limit)));
    Ok(())
}

/// Handles ZUNIONSTORE.
pub(in crate::command) fn zunionstore(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer_stored(Operation::Union, "zunionstore", slot, args, reply)
}

/// Handles ZINTERSTORE.
pub(in crate::command) fn zinterstore(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer_stored(Operation::Inter, "zinterstore", slot, args, reply)
}

/// Handles ZDIFFSTORE.
pub(in crate::command) fn zdiffstore(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer_stored(Operation::Diff, "zdiffstore", slot, args, reply)
}

fn answer(
    operation: Operation,
    name: &'static str,
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let outcome = Outcome::Answered;
    let command = Command {
        operation,
        outcome,
        name,
    };
    let (members, options) = command.run(slot, args.skip(1))?;
    reply_scored(members.iter().map(Owned::as_scored), options.with_scores, reply);
    Ok(())
}

fn answer_stored(
    operation: Operation,
    name: &'static str,
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let outcome = Outcome::Stored;
    let command = Command {
        operation,
        outcome,
        name,
    };
    let (members, _) = command.run(slot, args.skip(2))?;
    store(slot, &args[1], &members, reply);
    Ok(())
}

/// How sets are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Union,
    Inter,
    Diff,
}

/// What becomes of the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Answered,
    Counted,
    Stored,
}

#[derive(Clone, Copy, Debug)]
struct Command {
    operation: Operation,
    outcome: Outcome,
    name: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct Options {
    aggregate: Aggregate,
    with_scores: bool,
    limit: usize,
}

impl Command {
    /// Combines what `args` name: `numkeys key [key ...]` and options.
    fn run(self, slot: &mut SlotCx<'_>, args: Args<'_>) -> Result<(Vec<Owned>, Options), CommandError> {
        let key_count = integer(args.get(0).unwrap_or_default())?;
        if key_count < 1 {
            return Err(SortedSetError::NoInputKey(self.name).into());
        }
        let key_count = usize::try_from(key_count).unwrap_or(usize::MAX);
        if key_count >= args.len() {
            return Err(CommandError::Syntax);
        }
        let keys = args.skip(1).iter().take(key_count);
        // As in Redis, what the keys hold is looked at before the options.
        let mut sources = keys.map(|key| Source::at(slot, key)).collect::<Result<Vec<_>, _>>()?;
        let options = self.parse(args.skip(1 + key_count), &mut sources)?;
        let members = match self.operation {
            Operation::Union => union(slot, sources, options.aggregate)?,
            Operation::Inter => inter(slot, sources, options.aggregate)?,
            Operation::Diff => diff(slot, &sources)?,
        };
        Ok((members, options))
    }

    /// Reads the options that this command has, and puts the weights to their sources.
    fn parse(self, mut args: Args<'_>, sources: &mut [Source<'_>]) -> Result<Options, CommandError> {
        let mut options = Options {
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: usize::MAX,
        };
        let weighs = self.operation != Operation::Diff && self.outcome != Outcome::Counted;
        while let Some(option) = args.get(0) {
            let is = |word: &[u8]| option.eq_ignore_ascii_case(word);
            let value = args.get(1);
            let used = if weighs && is(b"weights") && args.len() > sources.len() {
                for (source, weight) in sources.iter_mut().zip(args.skip(1)) {
                    source.weight = double::parse(weight).ok_or(SortedSetError::Weight)?;
                }
                1 + sources.len()
            } else if let Some(value) = value.filter(|_| weighs && is(b"aggregate")) {
                options.aggregate = Aggregate::parse(value)?;
                2
            } else if self.outcome == Outcome::Answered && is(b"withscores") {
                options.with_scores = true;
                1
            } else if let Some(value) = value.filter(|_| self.outcome == Outcome::Counted && is(b"limit")) {
                let limit = parse_integer(value).and_then(|limit| usize::try_from(limit).ok());
                let limit = limit.ok_or(CommandError::Negative("LIMIT"))?;
                options.limit = if limit == 0 { usize::MAX } else { limit };
                2
            } else {
                return Err(CommandError::Syntax);
            };
            args = args.skip(used);
        }
        Ok(options)
    }
}

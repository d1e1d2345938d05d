//! `ZRANGE key start stop [REV] [WITHSCORES]`: the members of these ranks, both included, from the end if negative.

use circlet_core::collection::Scored;
use circlet_resp::{Args, Proto, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer;
use crate::command::pure::span;

/// Handles ZRANGE.
pub(in crate::command) fn zrange(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let (mut rev, mut with_scores) = (false, false);
    for option in args.skip(4) {
        if option.eq_ignore_ascii_case(b"rev") {
            rev = true;
        } else if option.eq_ignore_ascii_case(b"withscores") {
            with_scores = true;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    let (start, stop) = (integer(&args[2])?, integer(&args[3])?);
    let sorted_set = cx.sorted_set()?;
    let len = sorted_set.len();
    let ranks = span::indices(start, stop, len);
    if rev {
        let from_the_end = len - ranks.end..len - ranks.start;
        reply_scored(sorted_set.by_rank(from_the_end).rev(), with_scores, reply);
    } else {
        reply_scored(sorted_set.by_rank(ranks), with_scores, reply);
    }
    Ok(())
}

/// Answers members, each with its score if asked for: in RESP2 one after the other, in RESP3 as pairs.
pub(super) fn reply_scored<'a>(
    members: impl ExactSizeIterator<Item = Scored<'a>>,
    with_scores: bool,
    reply: &mut ReplyBuf,
) {
    let in_pairs = with_scores && reply.proto() == Proto::Resp3;
    let flat = if with_scores && !in_pairs { 2 } else { 1 };
    reply.array(members.len() * flat);
    for Scored { member, score } in members {
        if in_pairs {
            reply.array(2);
        }
        reply.bulk(member);
        if with_scores {
            reply.double(score);
        }
    }
}

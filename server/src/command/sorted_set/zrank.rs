//! `ZRANK key member [WITHSCORE]`: how many members stand before this one, null if there is no such member; with WITHSCORE an array
//! of that and its score. `ZREVRANK` counts from the greatest score on.

use circlet_resp::{Args, ReplyBuf};

use super::count;
use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles ZRANK.
pub(in crate::command) fn zrank(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply_rank("zrank", |rank, _| rank, cx, args, reply)
}

/// Handles ZREVRANK.
pub(in crate::command) fn zrevrank(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    reply_rank("zrevrank", |rank, len| len - 1 - rank, cx, args, reply)
}

fn reply_rank(
    command: &'static str,
    place: fn(usize, usize) -> usize,
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    if args.len() > 4 {
        return Err(CommandError::WrongArity(command));
    }
    let with_score = args.get(3).map(|option| option.eq_ignore_ascii_case(b"withscore"));
    if with_score == Some(false) {
        return Err(CommandError::Syntax);
    }
    let sorted_set = cx.sorted_set()?;
    match (sorted_set.rank(&args[2]), with_score.is_some()) {
        (None, false) => reply.null(),
        (None, true) => reply.null_array(),
        (Some((rank, score)), with_score) => {
            if with_score {
                reply.array(2);
            }
            reply.integer(count(place(rank, sorted_set.len())));
            if with_score {
                reply.double(score);
            }
        }
    }
    Ok(())
}

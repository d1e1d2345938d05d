//! `ZSCORE key member`: the member's score, null if there is none. `ZMSCORE key member [member ...]`: those of several.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles ZSCORE.
pub(in crate::command) fn zscore(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply_score(cx.score(&args[2])?, reply);
    Ok(())
}

/// Handles ZMSCORE.
pub(in crate::command) fn zmscore(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let sorted_set = cx.sorted_set()?;
    let members = args.skip(2);
    reply.array(members.len());
    for member in members {
        reply_score(sorted_set.score(member), reply);
    }
    Ok(())
}

fn reply_score(score: Option<f64>, reply: &mut ReplyBuf) {
    match score {
        Some(score) => reply.double(score),
        None => reply.null(),
    }
}

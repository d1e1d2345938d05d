//! `ZADD key score member [score member ...]`: writes scores, and answers how many of the members are new.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::number::score;

/// Handles ZADD.
pub(in crate::command) fn zadd(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if !args.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let places = (2..args.len()).step_by(2);
    let scores: Vec<f64> = places.clone().map(|at| score(&args[at])).collect::<Result<_, _>>()?;
    let mut sorted_set = cx.edit_sorted_set()?;
    let mut added = 0;
    for (at, score) in places.zip(scores) {
        added += i64::from(sorted_set.set(&args[at + 1], score));
    }
    sorted_set.commit();
    reply.integer(added);
    Ok(())
}

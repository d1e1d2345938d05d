//! `PFADD key [element ...]`: adds elements, and answers 1 if that changes the estimate or the key is new, else 0.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;

/// Handles PFADD.
pub(in crate::command) fn pfadd(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let mut estimate = cx.edit_hyperloglog()?;
    let mut is_changed = estimate.is_new();
    for element in args.skip(2) {
        is_changed |= estimate.add(element);
    }
    if is_changed {
        estimate.commit();
    }
    reply.integer(i64::from(is_changed));
    Ok(())
}

//! `SSCAN key cursor [MATCH pattern] [COUNT count]`: a step of a walk over all members.
//!
//! A member that is there all the time is met once, whatever is written meanwhile and whichever node is asked next. As in
//! Redis, options are looked at only if there is a set.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::scan::{ScanOptions, Scanned, cursor, write_head};

/// Handles SSCAN.
pub(in crate::command) fn sscan(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let from = cursor(&args[2])?;
    let set = cx.set_view()?;
    if set.is_empty() {
        write_head(reply, 0, 0);
        return Ok(());
    }
    let options = ScanOptions::parse(args.skip(3), Scanned::Members)?;
    let (next, mut step) = set.scan(from, options.elements());
    step.retain(|member| options.is_match(member));
    write_head(reply, next, step.len());
    step.iter().for_each(|member| reply.bulk(member));
    Ok(())
}

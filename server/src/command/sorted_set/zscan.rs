//! `ZSCAN key cursor [MATCH pattern] [COUNT count]`: some of the members, each followed by its score, and the cursor to go on with, 0
//! at the end. A member that is there all the time is met exactly once.

use circlet_core::collection::Scored;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::scan::{ScanOptions, Scanned, cursor, write_head};

/// Handles ZSCAN.
pub(in crate::command) fn zscan(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let from = cursor(&args[2])?;
    let sorted_set = cx.sorted_set()?;
    // As Redis, which does not look at the options either if there is nothing.
    let (next, members) = if sorted_set.is_empty() {
        (0, Vec::new())
    } else {
        let options = ScanOptions::parse(args.skip(3), Scanned::Members)?;
        let (next, mut members) = sorted_set.scan(from, options.elements());
        members.retain(|scored| options.is_match(scored.member));
        (next, members)
    };
    write_head(reply, next, members.len() * 2);
    for Scored { member, score } in members {
        reply.bulk(member);
        reply.bulk_double(score);
    }
    Ok(())
}

//! `ZSCAN key cursor [MATCH pattern] [COUNT count]`: some of the members, each followed by its score, and the cursor to go on with, 0
//! at the end. A member that is there all the time is met exactly once.

use circlet_core::collection::Scored;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::scan::ScanRequest;

/// Handles ZSCAN.
pub(in crate::command) fn zscan(cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let cursor = ScanRequest::cursor(&args[2])?;
    let sorted_set = cx.sorted_set()?;
    // As Redis, which does not look at the options either if there is nothing.
    let (next, members) = if sorted_set.is_empty() {
        (0, Vec::new())
    } else {
        let request = ScanRequest::parse(args.skip(3))?;
        let (next, mut members) = sorted_set.scan(cursor, request.count);
        members.retain(|scored| request.takes(scored.member));
        (next, members)
    };
    reply.array(2);
    reply.bulk(next.to_string().as_bytes());
    reply.array(members.len() * 2);
    for Scored { member, score } in members {
        reply.bulk(member);
        reply.bulk_double(score);
    }
    Ok(())
}

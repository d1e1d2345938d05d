//! One reply a command, in order, out of the replies of its parts.

use super::plan::Plan;
use circlet_resp::ReplyBuf;

/// Where the reply of each part is, as far as it is not the speculative one.
pub(crate) trait PartReplies {
    /// The settled reply of a part, if it has one.
    fn settled(&self, part: usize) -> Option<&[u8]>;
}

/// Whether the batch's replies are right as they were written: one part a command.
pub(crate) fn is_straight(plan: &Plan) -> bool {
    plan.wholes.iter().all(|whole| whole.combine.is_none())
}

/// Replaces what follows `start` in `replies` (the parts' replies) by the commands' replies.
pub(crate) fn assemble(plan: &Plan, settled: &impl PartReplies, start: usize, replies: &mut ReplyBuf) {
    let speculative = replies.as_bytes()[start..].to_vec();
    replies.truncate(start);
    let part_reply = |part: u32| {
        settled.settled(part as usize).unwrap_or_else(|| {
            let range = &plan.parts[part as usize].reply;
            &speculative[range.start as usize - start..range.end as usize - start]
        })
    };
    for whole in &plan.wholes {
        let parts = whole.parts.clone().map(part_reply);
        match whole.combine {
            None => parts.for_each(|reply| replies.raw(reply)),
            Some(combine) => combine.write(parts.collect::<Vec<_>>().into_iter(), replies),
        }
    }
}

//! How members with their scores are answered.

use circlet_core::collection::Scored;
use circlet_core::state::by_score;
use circlet_resp::{Proto, ReplyBuf};

/// A member with its score, copied out of its sorted set.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::command) struct Owned {
    pub(in crate::command) member: Box<[u8]>,
    pub(in crate::command) score: f64,
}

impl Owned {
    pub(in crate::command) fn of(scored: Scored<'_>) -> Self {
        Self {
            member: scored.member.into(),
            score: scored.score,
        }
    }

    pub(in crate::command) fn as_scored(&self) -> Scored<'_> {
        Scored {
            member: &self.member,
            score: self.score,
        }
    }
}

/// Puts members in the order of a sorted set.
pub(super) fn rank(members: &mut [Owned]) {
    members.sort_unstable_by(|left, right| by_score((left.score, &left.member), (right.score, &right.member)));
}

/// Answers members, each with its score if asked for: in RESP2 one after the other, in RESP3 as pairs.
pub(super) fn reply_scored<'a>(
    members: impl ExactSizeIterator<Item = Scored<'a>>,
    with_scores: bool,
    reply: &mut ReplyBuf,
) {
    if with_scores && reply.proto() == Proto::Resp3 {
        return reply_pairs(members, reply);
    }
    reply.array(members.len() * if with_scores { 2 } else { 1 });
    for Scored { member, score } in members {
        reply.bulk(member);
        if with_scores {
            reply.double(score);
        }
    }
}

/// Answers members as pairs with their scores.
pub(in crate::command) fn reply_pairs<'a>(members: impl ExactSizeIterator<Item = Scored<'a>>, reply: &mut ReplyBuf) {
    reply.array(members.len());
    for Scored { member, score } in members {
        reply.array(2);
        reply.bulk(member);
        reply.double(score);
    }
}

//! `ZRANDMEMBER key [count [WITHSCORES]]`: a member chosen at random; up to `count` different ones, or if that is negative, so many
//! that may be the same.

use circlet_core::collection::{Scored, SortedSetView};
use circlet_resp::{Args, Proto, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::sample::{Sample, Sampled};

/// Handles ZRANDMEMBER.
pub(in crate::command) fn zrandmember(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let Some(count) = args.get(2) else {
        let random = cx.random();
        match cx.sorted_set()?.random(random) {
            Some(Scored { member, .. }) => reply.bulk(member),
            None => reply.null(),
        }
        return Ok(());
    };
    let sample = Sample::parse(count)?;
    let with_scores = match args.get(3) {
        None => false,
        Some(option) if args.len() == 4 && option.eq_ignore_ascii_case(b"withscores") => true,
        Some(_) => return Err(CommandError::Syntax),
    };
    if !with_scores {
        return sample.write(&cx.sorted_set()?, 1, reply, |scored, reply| reply.bulk(scored.member));
    }
    sample.check_doubled()?;
    // RESP3 has each member and its score in an array of their own.
    let is_paired = reply.proto() == Proto::Resp3;
    sample.write(
        &cx.sorted_set()?,
        if is_paired { 1 } else { 2 },
        reply,
        |scored, reply| {
            if is_paired {
                reply.array(2);
            }
            reply.bulk(scored.member);
            reply.double(scored.score);
        },
    )
}

impl<'a> Sampled for SortedSetView<'a> {
    type Element = Scored<'a>;

    fn len(&self) -> usize {
        self.len()
    }

    fn random(&self, random: u64) -> Option<Scored<'a>> {
        self.random(random)
    }

    fn random_distinct(&self, count: usize, random: fn() -> u64) -> Vec<Scored<'a>> {
        self.random_distinct(count, random)
    }

    fn all(&self) -> Vec<Scored<'a>> {
        self.iter().collect()
    }
}

//! `SRANDMEMBER key [count]`: a random member, or null; with a count an array of so many different ones. A negative count
//! asks for exactly so many, each chosen from all members.

use circlet_core::collection::SetView;
use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::sample::{Sample, Sampled};

/// Handles SRANDMEMBER.
pub(in crate::command) fn srandmember(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let Some(count) = args.get(2) else {
        let random = cx.random();
        match cx.set_view()?.random(random) {
            Some(member) => reply.bulk(member),
            None => reply.null(),
        }
        return Ok(());
    };
    let sample = Sample::parse(count)?;
    sample.write(&cx.set_view()?, 1, reply, |member, reply| reply.bulk(member))
}

impl<'a> Sampled for SetView<'a> {
    type Element = &'a [u8];

    fn len(&self) -> usize {
        self.len()
    }

    fn random(&self, random: u64) -> Option<&'a [u8]> {
        self.random(random)
    }

    fn random_distinct(&self, count: usize, random: fn() -> u64) -> Vec<&'a [u8]> {
        self.random_distinct(count, random)
    }

    fn all(&self) -> Vec<&'a [u8]> {
        self.iter().collect()
    }
}

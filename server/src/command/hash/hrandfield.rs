//! `HRANDFIELD key [count [WITHVALUES]]`: a random field, or null; with a count an array of so many different ones, with
//! their values if WITHVALUES is said. A negative count asks for exactly so many, each chosen from all fields.

use circlet_core::collection::{Field, HashView};
use circlet_resp::{Args, Proto, ReplyBuf};

use crate::command::cx::KeyCx;
use crate::command::error::CommandError;
use crate::command::sample::{Sample, Sampled};

/// Handles HRANDFIELD.
pub(in crate::command) fn hrandfield(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let Some(count) = args.get(2) else {
        let random = cx.random();
        match cx.hash()?.random(random) {
            Some(field) => reply.bulk(field.name),
            None => reply.null(),
        }
        return Ok(());
    };
    let sample = Sample::parse(count)?;
    let with_values = match args.get(3) {
        None => false,
        Some(option) if args.len() == 4 && option.eq_ignore_ascii_case(b"withvalues") => true,
        Some(_) => return Err(CommandError::Syntax),
    };
    if !with_values {
        return sample.write(&cx.hash()?, 1, reply, |field, reply| reply.bulk(field.name));
    }
    sample.check_doubled()?;
    // RESP3 has each field and its value in an array of their own.
    let is_paired = reply.proto() == Proto::Resp3;
    sample.write(&cx.hash()?, if is_paired { 1 } else { 2 }, reply, |field, reply| {
        if is_paired {
            reply.array(2);
        }
        reply.bulk(field.name);
        reply.bulk(&field.value);
    })
}

impl<'a> Sampled for HashView<'a> {
    type Element = Field<'a>;

    fn len(&self) -> usize {
        self.len()
    }

    fn random(&self, random: u64) -> Option<Field<'a>> {
        self.random(random)
    }

    fn random_distinct(&self, count: usize, random: fn() -> u64) -> Vec<Field<'a>> {
        self.random_distinct(count, random)
    }

    fn all(&self) -> Vec<Field<'a>> {
        self.iter().collect()
    }
}

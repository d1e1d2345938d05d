//! `PFCOUNT key [key ...]`: how many different elements were added to the keys together, probably. All keys must be of one slot.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::hyperloglog::Registers;

/// Handles PFCOUNT.
pub(in crate::command) fn pfcount(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let mut union: Option<Registers> = None;
    for key in args.skip(1) {
        let mut cx = slot.key(key);
        cx.look_for_kind()?;
        match (&mut union, cx.hyperloglog()?) {
            (Some(union), Some(registers)) => union.merge(&registers),
            (union @ None, registers) => *union = registers,
            (Some(_), None) => {}
        }
    }
    let estimate = union.map_or(0, |union| union.estimate());
    reply.integer(i64::try_from(estimate).unwrap_or(i64::MAX));
    Ok(())
}

//! `PFMERGE destination [source ...]`: adds to `destination` all that was added to the sources. All keys must be of one slot.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::hyperloglog::Registers;

/// Handles PFMERGE.
pub(in crate::command) fn pfmerge(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let mut union = Registers::default();
    for key in args.skip(1) {
        if let Some(registers) = slot.key(key).hyperloglog()? {
            union.merge(&registers);
        }
    }
    let mut cx = slot.key(&args[1]);
    let mut estimate = cx.edit_hyperloglog()?;
    estimate.merge(&union);
    estimate.commit();
    reply.ok();
    Ok(())
}

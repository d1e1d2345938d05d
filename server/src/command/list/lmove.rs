//! `LMOVE source destination LEFT|RIGHT LEFT|RIGHT` takes an element off one end of a list, adds it at an end of another, or of the
//! same, and answers it; null if there is none. `RPOPLPUSH source destination` is LMOVE with RIGHT and LEFT. Both keys must be of
//! one slot.

use circlet_core::mutate::End;
use circlet_resp::{Args, ReplyBuf};

use super::end;
use crate::command::cx::SlotCx;
use crate::command::error::CommandError;

/// Handles LMOVE.
pub(in crate::command) fn lmove(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let (from, to) = (end(&args[3])?, end(&args[4])?);
    if !move_one(slot, args, from, to, reply)? {
        reply.null();
    }
    Ok(())
}

/// Handles RPOPLPUSH.
pub(in crate::command) fn rpoplpush(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    if !move_one(slot, args, End::Back, End::Front, reply)? {
        reply.null();
    }
    Ok(())
}

/// Moves one element between the lists that the first two arguments name, and answers it; says whether there was one.
pub(super) fn move_one(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    from: End,
    to: End,
    reply: &mut ReplyBuf,
) -> Result<bool, CommandError> {
    let (source, destination) = (&args[1], &args[2]);
    if slot.key(source).edit_list()?.is_empty() {
        return Ok(false);
    }
    // Refuses another type before the first list is changed.
    let _ = slot.key(destination).edit_list()?;
    let mut key = slot.key(source);
    let mut list = key.edit_list()?;
    let element = list.pop(from).unwrap_or_default();
    reply.bulk(&element);
    if source == destination {
        list.push(to, &element);
        list.commit();
        return Ok(true);
    }
    list.commit();
    let mut key = slot.key(destination);
    let mut list = key.edit_list()?;
    list.push(to, &element);
    list.commit();
    Ok(true)
}

//! `GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST
//! key]`, `GEORADIUSBYMEMBER key member radius unit ...`: what GEOSEARCH answers for a circle, or GEOSEARCHSTORE if a key is named. All
//! keys must be of one slot. `GEORADIUS_RO`, `GEORADIUSBYMEMBER_RO`: the same, only reading.

use circlet_resp::{Args, ReplyBuf};

use super::query::{Query, Spelling};
use crate::command::cx::{KeyCx, SlotCx};
use crate::command::error::CommandError;
use crate::command::sorted_set::combined::store;

/// Handles GEORADIUS.
pub(in crate::command) fn georadius(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer_or_store(false, slot, args, reply)
}

/// Handles GEORADIUSBYMEMBER.
pub(in crate::command) fn georadiusbymember(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer_or_store(true, slot, args, reply)
}

/// Handles GEORADIUS_RO.
pub(in crate::command) fn georadius_ro(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(false, cx, args, reply)
}

/// Handles GEORADIUSBYMEMBER_RO.
pub(in crate::command) fn georadiusbymember_ro(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    answer(true, cx, args, reply)
}

fn answer(by_member: bool, cx: &mut KeyCx<'_>, args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let sorted_set = cx.sorted_set()?;
    let spelling = Spelling::RadiusRo { by_member };
    Query::parse(spelling, args, 2, &sorted_set)?.answer(&sorted_set, reply);
    Ok(())
}

fn answer_or_store(
    by_member: bool,
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let (key, members) = {
        let mut source = slot.key(&args[1]);
        let sorted_set = source.sorted_set()?;
        let query = Query::parse(Spelling::Radius { by_member }, args, 2, &sorted_set)?;
        let Some(key) = query.store else {
            query.answer(&sorted_set, reply);
            return Ok(());
        };
        (key, query.stored(&sorted_set))
    };
    store(slot, key, &members, reply);
    Ok(())
}

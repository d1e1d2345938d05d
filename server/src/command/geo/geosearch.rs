//! `GEOSEARCH key FROMMEMBER member | FROMLONLAT longitude latitude BYRADIUS radius unit | BYBOX width height unit [ASC | DESC]
//! [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`: the members within a circle or box, with what else is asked for.
//!
//! `GEOSEARCHSTORE destination source ... [STOREDIST]`: writes them in place of whatever `destination` holds, as places, or with their
//! distances as scores, and answers how many there are. Both keys must be of one slot.

use circlet_resp::{Args, ReplyBuf};

use super::query::{Query, Spelling};
use crate::command::cx::{KeyCx, SlotCx};
use crate::command::error::CommandError;
use crate::command::sorted_set::combined::store;

/// Handles GEOSEARCH.
pub(in crate::command) fn geosearch(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let sorted_set = cx.sorted_set()?;
    Query::parse(Spelling::Search, args, 2, &sorted_set)?.answer(&sorted_set, reply);
    Ok(())
}

/// Handles GEOSEARCHSTORE.
pub(in crate::command) fn geosearchstore(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let members = {
        let mut source = slot.key(&args[2]);
        let sorted_set = source.sorted_set()?;
        Query::parse(Spelling::SearchStore, args, 3, &sorted_set)?.stored(&sorted_set)
    };
    store(slot, &args[1], &members, reply);
    Ok(())
}

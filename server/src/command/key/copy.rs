//! `COPY source destination [DB destination-db] [REPLACE]`: 1 if it was copied, with its time to live; 0 if the source is
//! absent, or the destination exists and REPLACE was not said. Both keys must be of one slot; the one database is 0.

use circlet_resp::{Args, ReplyBuf};

use crate::command::cx::SlotCx;
use crate::command::error::CommandError;
use crate::command::pure::number::integer_within;

/// Handles COPY.
pub(in crate::command) fn copy(
    slot: &mut SlotCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let replace = parse_replace(args.skip(3))?;
    if args[1] == args[2] {
        return Err(CommandError::SameObject);
    }
    // Unlike RENAME, COPY reads for its client.
    slot.key(&args[1]).look_for()?;
    let Some(value) = slot.key(&args[1]).whole()? else {
        reply.integer(0);
        return Ok(());
    };
    let allowed = replace || !slot.key(&args[2]).exists()?;
    if allowed {
        slot.key(&args[2]).put_whole(&value);
    }
    reply.integer(i64::from(allowed));
    Ok(())
}

/// Whether REPLACE was said.
fn parse_replace(args: Args<'_>) -> Result<bool, CommandError> {
    let mut replace = false;
    let mut rest = args.iter();
    while let Some(option) = rest.next() {
        if option.eq_ignore_ascii_case(b"replace") {
            replace = true;
        } else if option.eq_ignore_ascii_case(b"db") {
            let number = rest.next().ok_or(CommandError::Syntax)?;
            if integer_within(number, i64::from(i32::MIN), i64::from(i32::MAX))? != 0 {
                return Err(CommandError::DbIndex);
            }
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok(replace)
}
